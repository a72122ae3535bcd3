// Owns the meta-variables of a request, for what asks them by name (RFC 3875 §4.1).
// SPDX-License-Identifier: MIT
#include "http/variables.h"

namespace reelgate::http {

void Variables::add(std::string_view name, std::string_view value) {
    text_.append(name).append("=").append(value).push_back('\0');
}

std::optional<std::string> Variables::find(std::string_view name) const {
    const bool is_field = name.starts_with("HTTP_");
    std::optional<std::string> found;
    for (std::string_view rest{text_}; !rest.empty();) {
        const std::string_view variable = rest.substr(0, rest.find('\0'));
        rest.remove_prefix(variable.size() + 1);
        if (!variable.starts_with(name) || variable.size() == name.size() || variable[name.size()] != '=') continue;
        const std::string_view value = variable.substr(name.size() + 1);
        if (value.empty()) continue;
        if (!found)
            found.emplace(value);
        else if (is_field)
            found->append(name == "HTTP_COOKIE" ? "; " : ", ").append(value);
        else
            return std::nullopt;
    }
    return found;
}

}  // namespace reelgate::http
