// Owns the tests of reading the header of a WAL-index, one that SQLite has written, whole and damaged.
// SPDX-License-Identifier: MIT
#include "catalog/stamp.h"

#include <fstream>

#include "catalog_fixture.h"

namespace reelgate::catalog {
namespace {

using Memory = std::array<std::uint32_t, 2 * Stamp::size>;

/// A database in WAL mode, which another process has open.
struct OpenDatabase {
    OpenDatabase() { application.execute("PRAGMA journal_mode = WAL; CREATE TABLE t (x);"); }

    TemporaryFolder folder;
    fs::path database = folder / "catalog.db";
    SqliteShell application{database};
};

BOOST_FIXTURE_TEST_SUITE(catalog_stamp, OpenDatabase)

/// Both copies, while another process has the database open.
Memory header_of(const fs::path& database) {
    Memory memory{};
    std::ifstream file{database.native() + "-shm", std::ios::binary};
    file.read(reinterpret_cast<char*>(memory.data()), sizeof memory);
    BOOST_TEST_REQUIRE(file.good());
    return memory;
}

/// Gives both copies the checksum that their fields have: version and initialisation count by themselves.
void mend_checksum(Memory& memory) {
    std::uint32_t first = 0, second = 0;
    for (std::size_t i = 0; i < Stamp::size - 2; i += 2) {
        first += memory[i] + second;
        second += memory[i + 1] + first;
    }
    for (const std::size_t copy : {std::size_t{0}, Stamp::size}) {
        memory[copy + Stamp::size - 2] = first;
        memory[copy + Stamp::size - 1] = second;
    }
}

struct DamageRow {
    std::string_view name;
    std::size_t word;
    std::uint32_t bits;
    bool in_first, in_second;  ///< copy
    bool has_right_checksum = false;
    bool has_stamp = false;
};

constexpr DamageRow damages[] = {
    {.name = "first_copy_is_old", .word = 4, .bits = 1, .in_first = true, .in_second = false},
    {.name = "second_copy_is_old", .word = 4, .bits = 1, .in_first = false, .in_second = true},
    {.name = "checksums_of_the_copies_differ", .word = 11, .bits = 1, .in_first = false, .in_second = true},
    {.name = "checksum_is_wrong", .word = 10, .bits = 1, .in_first = true, .in_second = true},
    {.name = "a_field_is_wrong", .word = 9, .bits = 0x80000000, .in_first = true, .in_second = true},
    {.name = "another_commit", .word = 2, .bits = 1, .in_first = true, .in_second = true, .has_right_checksum = true,
     .has_stamp = true},
    {.name = "version_is_unknown", .word = 0, .bits = 8, .in_first = true, .in_second = true,
     .has_right_checksum = true},
    {.name = "not_initialised", .word = 3, .bits = 1, .in_first = true, .in_second = true, .has_right_checksum = true},
};

BOOST_AUTO_TEST_CASE(header_that_sqlite_wrote) {
    const Memory first = header_of(database);
    const auto stamp = read_stamp(first.data());
    BOOST_TEST(stamp.has_value());
    BOOST_TEST((stamp == read_stamp(header_of(database).data())));
    for (const char* const change : {"INSERT INTO t VALUES (1);", "PRAGMA wal_checkpoint(TRUNCATE);", "VACUUM;"}) {
        BOOST_TEST_CONTEXT(change) {
            const auto before = read_stamp(header_of(database).data());
            application.execute(change);
            const auto after = read_stamp(header_of(database).data());
            BOOST_TEST((before && after && before != after));
        }
    }
}

BOOST_AUTO_TEST_CASE(no_memory_no_stamp) {
    BOOST_TEST(!read_stamp(nullptr).has_value());
    BOOST_TEST(!read_stamp(Memory{}.data()).has_value());
}

BOOST_AUTO_TEST_CASE(other_headers) {
    const Memory whole = header_of(database);
    BOOST_TEST(read_stamp(whole.data()).has_value());
    for (const DamageRow& row : damages) {
        BOOST_TEST_CONTEXT(row.name) {
            Memory memory = whole;
            if (row.in_first) memory[row.word] ^= row.bits;
            if (row.in_second) memory[row.word + Stamp::size] ^= row.bits;
            if (row.has_right_checksum) mend_checksum(memory);
            const auto stamp = read_stamp(memory.data());
            BOOST_TEST(stamp.has_value() == row.has_stamp);
            BOOST_TEST((stamp != read_stamp(whole.data())));
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::catalog
