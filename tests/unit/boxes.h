// Owns the making of MP4 boxes for tests, with headers that say what they like.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace reelgate {

/// A number, big-endian.
inline std::string number(std::uint64_t value, int bytes) {
    std::string text;
    for (int i = bytes - 1; i >= 0; --i) text.push_back(static_cast<char>(value >> (8 * i)));
    return text;
}

inline std::string header(std::uint64_t size, std::string_view type) { return number(size, 4).append(type); }

inline std::string large_header(std::uint64_t size, std::string_view type) {
    return header(1, type) + number(size, 8);
}

/// A box with this content.
inline std::string box_of(std::string_view type, std::string_view content) {
    return header(8 + content.size(), type).append(content);
}

/// A box with as many bytes of content.
inline std::string box(std::string_view type, std::size_t content) {
    return box_of(type, std::string(content, '\xee'));
}

}  // namespace reelgate
