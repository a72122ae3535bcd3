// Owns the form of a word that a person is to paste into a shell, or that a shell is to write into a unit of systemd.
// Does not run anything.
// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace reelgate::posix {

/// Quotes a word for bash, so that it stands for just these bytes, on one line: as it is where nothing in it means
/// anything to a shell, else in single quotes, and as $'...' where it has control characters or bytes beyond ASCII.
inline std::string shell_word(const std::string& word) {
    constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+,:@%=";
    constexpr std::string_view digits = "0123456789abcdef";
    if (!word.empty() && word.find_first_not_of(plain) == std::string_view::npos) return word;
    bool is_printable = true;
    for (const char c : word) is_printable = is_printable && c >= 0x20 && c < 0x7f;
    std::string quoted = is_printable ? "'" : "$'";
    for (const char c : word) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '\'') {
            quoted.append(is_printable ? "'\\''" : "\\'");
        } else if (is_printable) {
            quoted.push_back(c);
        } else if (byte < 0x20 || byte >= 0x7f) {
            // Three octal digits end by themselves; after \x bash would take a digit of the name for one of its own.
            quoted.append({'\\', digits[byte >> 6], digits[byte >> 3 & 7], digits[byte & 7]});
        } else {
            if (c == '\\') quoted.push_back(c);
            quoted.push_back(c);
        }
    }
    return quoted + "'";
}

/// Quotes a path for a list of them in a unit: it ends at white space otherwise, and % begins a specifier
/// (systemd.unit(5), systemd.syntax(7)). A line break has no form there.
inline std::string unit_word(const std::string& path) {
    std::string quoted{'"'};
    for (const char c : path) {
        if (c == '"' || c == '\\') quoted.push_back('\\');
        if (c == '%') quoted.push_back(c);
        quoted.push_back(c);
    }
    return quoted + '"';
}

}  // namespace reelgate::posix
