// Owns cookies as a server reads them (RFC 6265 §4.2): one value of the field Cookie, by its name.
// SPDX-License-Identifier: MIT
#include "http/cookie.h"

#include <algorithm>

#include "http/ascii.h"
#include "http/parameter_name.h"

namespace reelgate::http {

std::optional<std::string> cookie_named(std::string_view cookies, std::string_view name) {
    std::string_view found;
    unsigned count = 0;
    while (!cookies.empty()) {
        const std::string_view pair = cookies.substr(0, cookies.find(';'));
        cookies.remove_prefix(std::min(pair.size() + 1, cookies.size()));
        const auto equals = pair.find('=');
        if (equals == std::string_view::npos || !is_same_parameter(trim_ows(pair.substr(0, equals)), name)) continue;
        found = trim_ows(pair.substr(equals + 1));
        ++count;
    }
    if (found.size() >= 2 && found.starts_with('"') && found.ends_with('"')) found = found.substr(1, found.size() - 2);
    return count == 1 && !found.empty() ? std::optional<std::string>{found} : std::nullopt;
}

}  // namespace reelgate::http
