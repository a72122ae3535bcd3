// Owns what the environment means: meta-variables to Request (RFC 3875 §4.1), the same for every way in.
// SPDX-License-Identifier: MIT
#include "gateway/meta_variables.h"

#include <string_view>

#include "http/target.h"

namespace reelgate::gateway {

namespace {

void join(std::optional<std::string>& field, std::string_view value) {
    if (field)
        field->append(", ").append(value);
    else
        field.emplace(value);
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
        else if (name == "HTTP_RANGE") join(request.range, value);
    }
    if (request.target.empty()) {
        // These two are decoded already, unlike REQUEST_URI.
        request.target = http::encode_path(std::string{script_name}.append(path_info));
        if (!query_string.empty()) request.target.append("?").append(query_string);
    }
    return request;
}

}  // namespace reelgate::gateway
