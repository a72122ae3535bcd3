// Owns quoting: of a word that a person pastes into a shell, and of a path in a systemd unit.
// Does not run anything.
// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace reelgate::posix {

/// Quotes a word for bash, so that it means exactly these bytes, on one line: unchanged if it has no special
/// characters, else in single quotes, or as $'...' if it has control characters or bytes beyond ASCII.
inline std::string shell_word(const std::string& word) {
    constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+,:@%=";
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
            // Three octal digits are complete; after \x bash would take a digit of the name as part of the escape.
            const auto digit = [&](int shift) { return static_cast<char>('0' + (byte >> shift & 7)); };
            quoted.append({'\\', digit(6), digit(3), digit(0)});
        } else {
            if (c == '\\') quoted.push_back(c);
            quoted.push_back(c);
        }
    }
    return quoted + "'";
}

/// Quotes a path for a list of paths in a unit, where it would otherwise end at white space, and % begins a specifier
/// (systemd.unit(5), systemd.syntax(7)). A line break cannot be expressed there.
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
