// Owns the stamp of a catalogue in WAL mode: as long as it stays the same, SQLite would answer from the same pages.
// Does not map the memory that it reads: sqlite::Connection::wal_index() does.
//
// This is SQLite's own criterion; the names are those of its wal.c. A read transaction begins with walIndexReadHdr,
// which looks at the header of the WAL-index without any lock. walIndexTryHdr reads two copies of it, the first one
// first, because walIndexWriteHdr writes the second one first, with a barrier between. Two copies that are equal,
// initialised and have the right checksum are those of one commit. If they equal what the connection saw last, it
// keeps the pages that it has in memory; if not, it drops them all. read_stamp() reads the same bytes in the same
// order.
//
// A header does not come back with other content behind it:
// - A commit counts iChange up, and aFrameCksum covers all frames since the log began. A log that begins anew has
//   other salts (walRestartHdr). mxFrame alone would not do: it grows to the same number again in the new log.
// - A writer that is killed leaves the header as it was, or two copies that differ. In the second case the next
//   process reads the log again (walIndexRecover): the same log gives the same header, and the same content.
// - Only the header that is recovered from an empty log is always the same. A TRUNCATE checkpoint writes one with new
//   salts before it empties the log; so that header could come back only if a second TRUNCATE, of a log that is empty
//   already, were killed between the two copies. Then SQLite itself would go on with its old pages as well.
// - The database file itself changes by checkpoints alone, which move what the log already says: a connection in WAL
//   mode keeps a shared lock on that file. So nobody else can leave WAL mode, write without the shared memory, or
//   delete the log as the last one to close.
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <optional>

namespace reelgate::catalog {

/// The header of a WAL-index, as SQLite compares it.
class Stamp {
public:
    static constexpr std::size_t size = 12;  ///< in words of 32 bits

    explicit Stamp(const std::array<std::uint32_t, size>& words) : words_{words} {}
    bool operator==(const Stamp&) const = default;

private:
    std::array<std::uint32_t, size> words_;
};

/// Reads the stamp of a mapped WAL-index, whose two copies of the header stand at its beginning. Returns nothing if
/// there is no `wal_index`, or if its header is being written, damaged, or of an unknown version.
std::optional<Stamp> read_stamp(const volatile std::uint32_t* wal_index);

}  // namespace reelgate::catalog
