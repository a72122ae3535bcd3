// Owns the tests of what counts as impure among what a statement uses.
// Does not test what SQLite names: catalog_cache_test.cc does.
// SPDX-License-Identifier: MIT
#include "catalog/uses.h"

#include <boost/test/unit_test.hpp>

#include "failing_allocations.h"

namespace reelgate::catalog {
namespace {

BOOST_AUTO_TEST_SUITE(catalog_uses)

BOOST_AUTO_TEST_CASE(nothing_is_pure) {
    BOOST_TEST(!Uses{}.is_impure());
    BOOST_TEST(Uses{}.tables().empty());
}

struct TableRow {
    std::string_view name;
    std::string_view first_schema, first, second_schema, second;
    std::size_t tables;
    bool is_impure;
};

constexpr TableRow tables[] = {
    {.name = "two", .first_schema = "main", .first = "a", .second_schema = "main", .second = "b", .tables = 2,
     .is_impure = false},
    {.name = "one_twice", .first_schema = "main", .first = "a", .second_schema = "main", .second = "a", .tables = 1,
     .is_impure = false},
    {.name = "temporary", .first_schema = "main", .first = "a", .second_schema = "temp", .second = "b", .tables = 1,
     .is_impure = true},
    {.name = "temporary_of_the_same_name", .first_schema = "main", .first = "a", .second_schema = "temp", .second = "a",
     .tables = 1, .is_impure = true},
    {.name = "attached", .first_schema = "other", .first = "a", .second_schema = "main", .second = "b", .tables = 0,
     .is_impure = true},
    {.name = "of_no_schema", .first_schema = "main", .first = "a", .second_schema = "", .second = "b", .tables = 1,
     .is_impure = true},
};

BOOST_AUTO_TEST_CASE(tables_of_a_schema) {
    for (const TableRow& row : tables) {
        BOOST_TEST_CONTEXT(row.name) {
            Uses uses;
            uses.add_table(row.first_schema, row.first);
            uses.add_table(row.second_schema, row.second);
            BOOST_TEST(uses.is_impure() == row.is_impure);
            BOOST_TEST(uses.tables().size() == row.tables);
        }
    }
}

struct FunctionRow {
    std::string_view name;
    bool is_impure;
};

constexpr FunctionRow functions[] = {
    {.name = "lower", .is_impure = false},
    {.name = "LOWER", .is_impure = false},
    {.name = "->>", .is_impure = false},
    {.name = "lowe", .is_impure = true},
    {.name = "lower2", .is_impure = true},
    {.name = "", .is_impure = true},
    {.name = "random", .is_impure = true},
    {.name = "datetime", .is_impure = true},
    {.name = "date", .is_impure = true},
    {.name = "mine", .is_impure = true},
    {.name = "changes", .is_impure = true},
    {.name = "current_timestamp", .is_impure = true},
};

BOOST_AUTO_TEST_CASE(functions_of_a_list) {
    for (const FunctionRow& row : functions) {
        BOOST_TEST_CONTEXT(row.name) {
            Uses uses;
            uses.add_function(row.name);
            BOOST_TEST(uses.is_impure() == row.is_impure);
        }
    }
}

BOOST_AUTO_TEST_CASE(no_memory_is_impure) {
    Uses uses;
    {
        const FailingAllocations failing{0};
        uses.add_table("main", "a");
    }
    BOOST_TEST(uses.is_impure());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::catalog
