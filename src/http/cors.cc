// Owns cross-origin access: what pages of other origins may see of an answer (Fetch standard, section 3.2).
// SPDX-License-Identifier: MIT
#include "http/cors.h"

#include <algorithm>

namespace reelgate::http {

namespace {

/// Seconds that a browser may cache a preflight's answer, which changes only with the settings.
constexpr std::string_view max_age = "86400";

/// Returns the value of Access-Control-Allow-Origin for `request`; nothing if its Origin is not in the list.
std::optional<std::string> allowed_origin(const Request& request, const std::vector<std::string>& allowed) {
    if (allowed.front() == "*") return "*";
    const bool is_listed =
        request.origin && std::find(allowed.begin(), allowed.end(), *request.origin) != allowed.end();
    return is_listed ? request.origin : std::nullopt;
}

}  // namespace

bool is_cors_origin(std::string_view text) {
    if (text == "*") return true;
    constexpr std::string_view scheme_characters = "abcdefghijklmnopqrstuvwxyz0123456789+-.";
    constexpr std::string_view authority_characters = "abcdefghijklmnopqrstuvwxyz0123456789-._~[]:";
    const auto separator = text.find("://");
    if (separator == std::string_view::npos || separator == 0) return false;
    const std::string_view authority = text.substr(separator + 3);
    return text.substr(0, separator).find_first_not_of(scheme_characters) == std::string_view::npos &&
           !authority.empty() && authority.find_first_not_of(authority_characters) == std::string_view::npos;
}

void add_cors_fields(Response& response, const Request& request, const std::vector<std::string>& allowed,
                     bool with_credentials) {
    if (allowed.empty()) return;
    const bool is_list = allowed.front() != "*";
    if (is_list) response.fields.push_back({"Vary", "Origin"});
    auto origin = allowed_origin(request, allowed);
    if (!origin) return;
    response.fields.push_back({"Access-Control-Allow-Origin", std::move(*origin)});
    if (with_credentials && is_list) response.fields.push_back({"Access-Control-Allow-Credentials", "true"});
    if (request.method == "OPTIONS") {
        // A preflight. Range is safelisted in its simplest form only, If-Range and the preconditions never.
        response.fields.push_back({"Access-Control-Allow-Methods", "GET, HEAD"});
        response.fields.push_back({"Access-Control-Allow-Headers", "Range, If-Range, If-Match, If-None-Match, "
                                                                   "If-Modified-Since, If-Unmodified-Since"});
        response.fields.push_back({"Access-Control-Max-Age", std::string{max_age}});
    } else {
        response.fields.push_back({"Access-Control-Expose-Headers",
                                   "Content-Length, Content-Range, Accept-Ranges, ETag"});
    }
}

}  // namespace reelgate::http
