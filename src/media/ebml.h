// Owns the header of an EBML element, the building block of WebM and Matroska (RFC 8794, sections 4 to 6).
// Does not know elements, but for those by which all such files begin.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace reelgate::media {

/// Bytes of the longest header of an element: an id of 4, a size of 8.
inline constexpr std::size_t max_element_header = 12;

/// Ids, with their length markers as they stand in a file.
namespace ebml_id {
inline constexpr std::uint32_t header = 0x1a45dfa3;
inline constexpr std::uint32_t doc_type = 0x4282;
}  // namespace ebml_id

struct ElementHeader {
    std::uint32_t id = 0;
    std::optional<std::uint64_t> size;  ///< of the content, below 2^56; absent: not known when it was written
    std::size_t length = 0;             ///< of the header
};

/// Parses the header at the beginning of `bytes`, which should have max_element_header bytes, and fewer only at the end
/// of the file. Returns nothing if there is none.
std::optional<ElementHeader> parse_element_header(std::string_view bytes);

}  // namespace reelgate::media
