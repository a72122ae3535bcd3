// Owns the header of an element of EBML (RFC 8794, sections 4 to 6).
// SPDX-License-Identifier: MIT
#include "media/ebml.h"

#include <bit>

#include "media/bytes.h"

namespace reelgate::media {

namespace {

constexpr std::size_t max_id_length = 4;
constexpr std::size_t max_size_length = 8;

/// Returns the length of a variable-size integer, which the number of zero bits in front says (RFC 8794 §4.1); 0 if
/// `bytes` do not have as many, or it would be longer than `max`.
std::size_t length_of(std::string_view bytes, std::size_t max) {
    if (bytes.empty()) return 0;
    const auto length = static_cast<std::size_t>(std::countl_zero(static_cast<unsigned char>(bytes[0]))) + 1;
    return length <= max && length <= bytes.size() ? length : 0;
}

}  // namespace

std::optional<ElementHeader> parse_element_header(std::string_view bytes) {
    const std::size_t id_length = length_of(bytes, max_id_length);
    if (id_length == 0) return std::nullopt;
    const auto id = static_cast<std::uint32_t>(big_endian(bytes, id_length));
    bytes.remove_prefix(id_length);
    const std::size_t size_length = length_of(bytes, max_size_length);
    if (size_length == 0) return std::nullopt;
    // All bits but the marker's are the size; all of them set, it is unknown (RFC 8794 §6.2).
    const std::uint64_t all = (std::uint64_t{1} << (7 * size_length)) - 1;
    const std::uint64_t size = big_endian(bytes, size_length) & all;
    return ElementHeader{id, size == all ? std::nullopt : std::optional{size}, id_length + size_length};
}

}  // namespace reelgate::media
