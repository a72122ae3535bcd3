// Owns the stamp of a catalogue in WAL mode: as long as it stays the same, SQLite would answer from the same pages.
// SPDX-License-Identifier: MIT
#include "catalog/stamp.h"

#include <bit>
#include <cstddef>

namespace reelgate::catalog {

namespace {

using Words = std::array<std::uint32_t, Stamp::size>;

/// WalIndexHdr of SQLite's wal.c (WAL-mode file format, section 2.1), in the machine's own byte order.
struct Header {
    std::uint32_t version, unused, change;
    std::uint8_t is_initialised, has_big_endian_checksums;
    std::uint16_t page_size;
    std::uint32_t max_frame, page_count;
    std::array<std::uint32_t, 2> frame_checksum, salt, checksum;
};
static_assert(sizeof(Header) == sizeof(Words) && offsetof(Header, checksum) == 40);

/// The only version so far. Another layout would have another one.
constexpr std::uint32_t known_version = 3007000;

/// Other processes write meanwhile. Acquiring each word keeps the order of the loads: this copy before the next, and
/// both before what is read because of them.
Words load(const volatile std::uint32_t* copy) {
    Words words;
    for (std::size_t i = 0; i < words.size(); ++i) words[i] = __atomic_load_n(copy + i, __ATOMIC_ACQUIRE);
    return words;
}

/// Does what walChecksumBytes does over the fields before the checksum.
std::array<std::uint32_t, 2> checksum_of(const Words& words) {
    std::uint32_t first = 0, second = 0;
    for (std::size_t i = 0; i < words.size() - 2; i += 2) {
        first += words[i] + second;
        second += words[i + 1] + first;
    }
    return {first, second};
}

}  // namespace

std::optional<Stamp> read_stamp(const volatile std::uint32_t* wal_index) {
    if (!wal_index) return std::nullopt;
    const Words words = load(wal_index);
    if (load(wal_index + Stamp::size) != words) return std::nullopt;
    const auto header = std::bit_cast<Header>(words);
    if (header.version != known_version || header.is_initialised == 0 || header.checksum != checksum_of(words))
        return std::nullopt;
    return Stamp{words};
}

}  // namespace reelgate::catalog
