// Owns the header of a box of MP4 and QuickTime (ISO/IEC 14496-12, section 4.2).
// Does not know what boxes contain, nor in which order they come.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace reelgate::media {

/// A header has size (32 bits) and type; if size is 1, a largesize of 64 bits follows.
inline constexpr std::size_t short_box_header = 8;
inline constexpr std::size_t long_box_header = 16;

struct BoxHeader {
    std::string type;        ///< four plausible characters
    std::uint64_t size = 0;  ///< of the box, with its header: at least `length`
    std::size_t length = 0;  ///< of the header: short_box_header or long_box_header
};

/// Parses the header at the beginning of `bytes`, which should have long_box_header bytes, and fewer only at the end of
/// the file; `remaining` bytes are left from there to the end of what contains the box. Returns nothing if `bytes` do
/// not begin a box. The box may be larger than `remaining`.
std::optional<BoxHeader> parse_box_header(std::string_view bytes, std::uint64_t remaining);

}  // namespace reelgate::media
