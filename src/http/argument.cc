// Owns the arguments in the query of a target, as a form writes them (URL standard, section 5.1).
// SPDX-License-Identifier: MIT
#include "http/argument.h"

#include <algorithm>

#include "http/parameter_name.h"
#include "http/target.h"

namespace reelgate::http {

namespace {

std::optional<std::string> form_decode(std::string_view text) {
    std::string with_blanks{text};
    std::replace(with_blanks.begin(), with_blanks.end(), '+', ' ');
    return percent_decode(with_blanks);
}

}  // namespace

std::optional<std::string> argument_named(std::string_view target, std::string_view name) {
    std::string_view query = raw_query(target), found;
    unsigned count = 0;
    while (!query.empty()) {
        const std::string_view argument = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(argument.size() + 1, query.size()));
        const std::string_view own_name = argument.substr(0, argument.find('='));
        const auto decoded = form_decode(own_name);
        if (!decoded || !is_same_parameter(*decoded, name)) continue;
        found = argument.substr(std::min(own_name.size() + 1, argument.size()));
        ++count;
    }
    if (count != 1) return std::nullopt;
    auto value = form_decode(found);
    const bool is_usable = value && !value->empty() && value->find('\0') == std::string::npos;
    return is_usable ? std::move(value) : std::nullopt;
}

}  // namespace reelgate::http
