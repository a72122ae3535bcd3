// Owns what the environment means: meta-variables become a Request (RFC 3875 §4.1), the same for every gateway.
// SPDX-License-Identifier: MIT
#include "gateway/meta_variables.h"

#include <string_view>

#include "http/ascii.h"
#include "http/target.h"

namespace reelgate::gateway {

namespace {

void join(std::optional<std::string>& field, std::string_view value) {
    if (field)
        field->append(", ").append(value);
    else
        field.emplace(value);
}

/// Returns the field of `request` that a protocol-specific meta-variable stands for (RFC 3875 §4.1.18); nullptr for one
/// that does not change answers.
std::optional<std::string>* field_named(http::Request& request, std::string_view name) {
    constexpr std::string_view prefix = "HTTP_";
    if (!name.starts_with(prefix)) return nullptr;
    name.remove_prefix(prefix.size());
    if (name == "RANGE") return &request.range;
    if (name == "IF_RANGE") return &request.if_range;
    if (name == "IF_MATCH") return &request.if_match;
    if (name == "IF_NONE_MATCH") return &request.if_none_match;
    if (name == "IF_MODIFIED_SINCE") return &request.if_modified_since;
    if (name == "IF_UNMODIFIED_SINCE") return &request.if_unmodified_since;
    if (name == "ORIGIN") return &request.origin;
    return nullptr;
}

}  // namespace

http::Request request_from(const char* const* meta_variables) {
    http::Request request;
    std::string_view script_name, path_info, query_string;
    for (; *meta_variables; ++meta_variables) {
        const std::string_view variable{*meta_variables};
        const auto equals = variable.find('=');
        if (equals == std::string_view::npos) continue;
        const std::string_view name = variable.substr(0, equals), value = variable.substr(equals + 1);
        if (name == "REQUEST_METHOD") request.method = value;
        else if (name == "REQUEST_URI") request.target = value;
        else if (name == "SCRIPT_NAME") script_name = value;
        else if (name == "PATH_INFO") path_info = value;
        else if (name == "QUERY_STRING") query_string = value;
        else if (auto* field = field_named(request, name)) join(*field, http::trim_ows(value));
    }
    if (request.target.empty()) {
        // Unlike REQUEST_URI, these two are decoded already.
        request.target = http::encode_path(std::string{script_name}.append(path_info));
        if (!query_string.empty()) request.target.append("?").append(query_string);
    }
    return request;
}

}  // namespace reelgate::gateway
