// Owns the tests of the table of rows: what it keeps, and that it does not grow.
// SPDX-License-Identifier: MIT
#include "catalog/cached_rows.h"

#include <boost/test/unit_test.hpp>

#include <string>

#include "failing_allocations.h"

namespace reelgate::catalog {
namespace {

BOOST_AUTO_TEST_SUITE(catalog_cached_rows)

std::string id_of(std::size_t number) { return "film-" + std::to_string(number); }

/// Tells what is kept of an id: its status.
std::string kept(const CachedRows& rows, std::string_view id) {
    const auto found = rows.find(id);
    return !found ? "nothing" : *found ? (*found)->status.value_or("-") : "(no row)";
}

BOOST_AUTO_TEST_CASE(nothing_is_kept_at_first) { BOOST_TEST(kept(CachedRows{}, "") == "nothing"); }

BOOST_AUTO_TEST_CASE(row_and_absence_are_kept_apart) {
    CachedRows rows;
    rows.keep("row", Row{.status = "ready"});
    rows.keep("empty", Row{});
    rows.keep("none", std::nullopt);
    rows.keep("", Row{.status = "no id"});
    BOOST_TEST(kept(rows, "row") == "ready");
    BOOST_TEST(kept(rows, "empty") == "-");
    BOOST_TEST(kept(rows, "none") == "(no row)");
    BOOST_TEST(kept(rows, "") == "no id");
    BOOST_TEST(kept(rows, "ro") == "nothing");
    BOOST_TEST(kept(rows, "rowr") == "nothing");
    BOOST_TEST(kept(rows, "rowready") == "nothing");
}

BOOST_AUTO_TEST_CASE(permission_is_kept) {
    using enum Permission;
    for (const Permission permission : {unasked, granted, login, forbidden, hidden}) {
        CachedRows rows;
        rows.keep("a", Row{.status = "ready", .permission = permission});
        const auto found = rows.find("a");
        BOOST_TEST_REQUIRE((found && *found));
        BOOST_TEST(((*found)->permission == permission));
    }
}

/// What is wrong with it is too long to be kept, and has to be told again.
BOOST_AUTO_TEST_CASE(invalid_permission_is_not_kept) {
    CachedRows rows;
    rows.keep("a", Row{.status = "ready", .permission = Permission::invalid, .wrong_allow = "a text"});
    BOOST_TEST(kept(rows, "a") == "nothing");
}

BOOST_AUTO_TEST_CASE(texts_with_zero_bytes_are_kept_whole) {
    CachedRows rows;
    const std::string text{"a\0b", 3};
    rows.keep(text, Row{.status = text});
    BOOST_TEST((kept(rows, text) == text));
    BOOST_TEST(kept(rows, "a") == "nothing");
}

BOOST_AUTO_TEST_CASE(cleared) {
    CachedRows rows;
    rows.keep("a", Row{.status = "old"});
    rows.clear();
    BOOST_TEST(kept(rows, "a") == "nothing");
    rows.keep("a", Row{.status = "new"});
    BOOST_TEST(kept(rows, "a") == "new");
}

struct LengthRow {
    std::string_view name;
    std::size_t id, status, file;
    bool is_kept;
};

constexpr LengthRow lengths[] = {
    {.name = "as_much_as_there_is_room_for", .id = 32, .status = 100, .file = 100, .is_kept = true},
    {.name = "one_byte_more_in_the_row", .id = 32, .status = 100, .file = 101, .is_kept = false},
    {.name = "one_byte_more_in_the_id", .id = 33, .status = 100, .file = 100, .is_kept = false},
    {.name = "one_long_text", .id = 1, .status = 231, .file = 0, .is_kept = true},
    {.name = "one_text_that_is_too_long", .id = 1, .status = 232, .file = 0, .is_kept = false},
    {.name = "text_of_256_bytes", .id = 1, .status = 256, .file = 0, .is_kept = false},
    {.name = "text_of_a_megabyte", .id = 1, .status = 1 << 20, .file = 0, .is_kept = false},
    {.name = "long_id", .id = 256, .status = 1, .file = 0, .is_kept = false},
};

BOOST_AUTO_TEST_CASE(long_row_is_not_kept) {
    for (const LengthRow& row : lengths) {
        BOOST_TEST_CONTEXT(row.name) {
            CachedRows rows;
            const std::string id(row.id, 'i');
            rows.keep(id, Row{.status = std::string(row.status, 's'), .file = std::string(row.file, 'f')});
            const auto found = rows.find(id);
            BOOST_TEST(found.has_value() == row.is_kept);
            if (found) BOOST_TEST(((*found)->status->size() == row.status && (*found)->file->size() == row.file));
        }
    }
}

BOOST_AUTO_TEST_CASE(flood_of_ids_takes_no_more_room) {
    CachedRows rows;
    rows.keep(id_of(0), std::nullopt);
    constexpr std::size_t ids = 20 * CachedRows::capacity;
    {
        const FailingAllocations from_here_on{0, ~0U};
        for (std::size_t i = 0; i < ids; ++i) rows.keep("film", std::nullopt);
        BOOST_TEST(!from_here_on.has_failed());
    }
    std::size_t count = 0;
    for (std::size_t i = 0; i < ids; ++i) rows.keep(id_of(i), Row{.status = id_of(i)});
    for (std::size_t i = 0; i < ids; ++i) {
        const std::string status = kept(rows, id_of(i));
        if (status == "nothing") continue;
        ++count;
        BOOST_TEST(status == id_of(i));
    }
    BOOST_TEST(count <= CachedRows::capacity);
    BOOST_TEST(count > CachedRows::capacity / 2);
}

/// A few ids that come again and again stay, although places are shared.
BOOST_AUTO_TEST_CASE(few_ids_are_all_kept) {
    CachedRows rows;
    constexpr std::size_t ids = CachedRows::capacity / 16;
    for (std::size_t i = 0; i < ids; ++i) rows.keep(id_of(i), Row{.status = "ready"});
    std::size_t count = 0;
    for (std::size_t i = 0; i < ids; ++i) count += kept(rows, id_of(i)) == "ready" ? 1 : 0;
    BOOST_TEST(count == ids);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::catalog
