// Owns the header of a box of MP4 and QuickTime (ISO/IEC 14496-12, section 4.2).
// SPDX-License-Identifier: MIT
#include "media/box_header.h"

#include <algorithm>

#include "media/bytes.h"

namespace reelgate::media {

namespace {

constexpr std::uint64_t size_to_end = 0;
constexpr std::uint64_t size_is_large = 1;

/// Returns whether a type is plausible. Registered types are printable; some of Apple's begin with the copyright sign
/// of Mac Roman.
bool is_type(std::string_view type) {
    return std::all_of(type.begin(), type.end(),
                       [](char c) { return (c >= 0x20 && c < 0x7f) || static_cast<unsigned char>(c) == 0xa9; });
}

}  // namespace

std::optional<BoxHeader> parse_box_header(std::string_view bytes, std::uint64_t remaining) {
    if (bytes.size() < short_box_header) return std::nullopt;
    BoxHeader box{std::string{bytes.substr(4, 4)}, big_endian(bytes, 4), short_box_header};
    if (!is_type(box.type)) return std::nullopt;
    if (box.size == size_to_end) {
        box.size = remaining;
    } else if (box.size == size_is_large) {
        box.length = long_box_header;
        // A header that the end of the file truncates still has its type.
        box.size = bytes.size() < long_box_header ? long_box_header : big_endian(bytes.substr(8), 8);
    }
    if (box.size < box.length) return std::nullopt;
    return box;
}

}  // namespace reelgate::media
