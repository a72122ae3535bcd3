// Owns UTF-8: where a character ends, and what is none (RFC 3629 §4).
// Does not know what characters mean.
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace reelgate::http {

/// Returns the number of bytes, 1 to 4, of the first character of `text`; 0 if that is not UTF-8: cut short, longer
/// than necessary, a surrogate, or beyond U+10FFFF.
constexpr std::size_t utf8_length(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const auto is_tail = [&](std::size_t i, unsigned least = 0x80, unsigned greatest = 0xbf) {
        return i < text.size() && byte(i) >= least && byte(i) <= greatest;
    };
    if (text.empty()) return 0;
    const unsigned first = byte(0);
    if (first < 0x80) return 1;
    if (first >= 0xc2 && first <= 0xdf) return is_tail(1) ? 2 : 0;
    // Not longer than necessary, and no surrogate.
    if (first >= 0xe0 && first <= 0xef)
        return is_tail(1, first == 0xe0 ? 0xa0 : 0x80, first == 0xed ? 0x9f : 0xbf) && is_tail(2) ? 3 : 0;
    // Not longer than necessary, and not beyond U+10FFFF.
    if (first >= 0xf0 && first <= 0xf4)
        return is_tail(1, first == 0xf0 ? 0x90 : 0x80, first == 0xf4 ? 0x8f : 0xbf) && is_tail(2) && is_tail(3) ? 4 : 0;
    return 0;
}

/// Returns whether all of `text` is UTF-8.
constexpr bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        const std::size_t length = utf8_length(text);
        if (length == 0) return false;
        text.remove_prefix(length);
    }
    return true;
}

/// Calls `each` with every character and true; with a single byte and false for bytes that are not UTF-8.
template <typename Each>
void for_each_character(std::string_view text, Each&& each) {
    while (!text.empty()) {
        const std::size_t length = utf8_length(text);
        each(text.substr(0, std::max<std::size_t>(length, 1)), length > 0);
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
}

}  // namespace reelgate::http
