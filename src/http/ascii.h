// Owns the few character rules that the field grammars share (RFC 9110 §5.6).
// Does not know locales: HTTP is ASCII, and <cctype> is not.
// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace reelgate::http {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Returns whether a character is a control character of ASCII (CTL of RFC 5234).
constexpr bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

constexpr char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// Compares two tokens without regard to case.
constexpr bool equal_ignoring_case(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i)
        if (to_lower(a[i]) != to_lower(b[i])) return false;
    return true;
}

/// Removes optional white space (SP and HTAB, nothing else) from both ends (RFC 9110 §5.6.3).
constexpr std::string_view trim_ows(std::string_view text) {
    constexpr std::string_view ows = " \t";
    const auto first = text.find_first_not_of(ows);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(ows) - first + 1);
}

}  // namespace reelgate::http
