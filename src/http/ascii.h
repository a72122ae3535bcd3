// Owns the few character rules that the field grammars share (RFC 9110 §5.6), and hexadecimal digits.
// Does not know locales: HTTP is ASCII, and <cctype> is not.
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace reelgate::http {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Returns whether a character is a control character of ASCII (CTL of RFC 5234).
constexpr bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

constexpr char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// Returns the two hexadecimal digits of a byte.
constexpr std::array<char, 2> upper_hex(char c) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    const auto byte = static_cast<unsigned char>(c);
    return {digits[static_cast<std::size_t>(byte >> 4)], digits[static_cast<std::size_t>(byte & 15)]};
}
constexpr std::array<char, 2> lower_hex(char c) {
    const auto [high, low] = upper_hex(c);
    return {to_lower(high), to_lower(low)};
}

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
