// Owns the tests of the column `allow` and of the function sha256, with real SQLite.
// SPDX-License-Identifier: MIT
#include "catalog/allow.h"

#include "catalog_fixture.h"

namespace reelgate::catalog {
namespace {

std::string name_of(Permission permission) {
    switch (permission) {
        case Permission::unasked: return "unasked";
        case Permission::granted: return "granted";
        case Permission::login: return "login";
        case Permission::forbidden: return "forbidden";
        case Permission::hidden: return "hidden";
        case Permission::invalid: return "invalid";
    }
    return "";
}

std::string describe(const std::optional<Row>& row) {
    if (!row) return "(no row)";
    return name_of(row->permission) + (row->wrong_allow.empty() ? "" : ": " + row->wrong_allow);
}

struct AllowRow {
    std::string_view name;
    std::string_view value;  ///< as SQL has it
    std::string_view expected;
};

constexpr AllowRow values[] = {
    {"two_hundred", "200", "granted"},
    {"one", "1", "granted"},
    {"true", "TRUE", "granted"},
    {"comparison", "id = 'a'", "granted"},
    {"four_hundred_and_one", "401", "login"},
    {"four_hundred_and_three", "403", "forbidden"},
    {"four_hundred_and_four", "404", "hidden"},
    {"zero", "0", "forbidden"},
    {"null", "NULL", "forbidden"},
    {"comparison_with_null", "id = NULL", "forbidden"},
    {"subquery_without_a_row", "(SELECT 200 FROM videos WHERE id = 'none')", "forbidden"},
    {"two", "2", "invalid: 2"},
    {"another_status", "301", "invalid: 301"},
    {"another_success", "204", "invalid: 204"},
    {"negative", "-1", "invalid: -1"},
    {"one_and_two_to_the_thirty_second", "4294967297", "invalid: 4294967297"},
    {"two_hundred_and_two_to_the_thirty_second", "4294967496", "invalid: 4294967496"},
    {"largest", "9223372036854775807", "invalid: 9223372036854775807"},
    {"text_of_an_integer", "'200'", "invalid: a text"},
    {"text_of_one", "'1'", "invalid: a text"},
    {"text_of_a_secret", "'secret' || char(10)", "invalid: a text"},
    {"empty_text", "''", "invalid: a text"},
    {"blob", "x'323030'", "invalid: a blob of 3 bytes"},
    {"empty_blob", "x''", "invalid: a blob of 0 bytes"},
    {"real", "200.0", "invalid: a real number"},
    {"real_one", "1.0", "invalid: a real number"},
    {"infinity", "9e999", "invalid: a real number"},
};

BOOST_FIXTURE_TEST_SUITE(catalog_allow, Fixture)

BOOST_AUTO_TEST_CASE(value_of_the_column) {
    for (const AllowRow& row : values) {
        BOOST_TEST_CONTEXT(row.name) {
            Reader catalog{shipped, "SELECT status, " + std::string{row.value} + " AS allow FROM videos WHERE id = ?1"};
            for (int i = 0; i < 2; ++i) BOOST_TEST(describe(catalog.find("a")) == row.expected);
            BOOST_TEST(describe(catalog.find("none")) == "(no row)");
        }
    }
}

constexpr AllowRow queries[] = {
    {"no_such_column", "SELECT status FROM videos WHERE id = ?1", "unasked"},
    {"in_capitals", "SELECT status, 403 AS ALLOW FROM videos WHERE id = ?1", "forbidden"},
    {"before_the_status", "SELECT 401 AS allow, status FROM videos WHERE id = ?1", "login"},
};

BOOST_AUTO_TEST_CASE(query_with_and_without_the_column) {
    for (const AllowRow& row : queries) {
        BOOST_TEST_CONTEXT(row.name) {
            Reader catalog{foreign, std::string{row.value}};
            BOOST_TEST(describe(catalog.find("a")) == row.expected);
        }
    }
}

BOOST_AUTO_TEST_CASE(permission_of_one_row_does_not_stay_for_the_next) {
    run_sqlite(foreign, "CREATE TABLE f (id TEXT PRIMARY KEY, status, allow);"
                        "INSERT INTO f VALUES ('yes', 'x', 200), ('no', 'x', 0), ('odd', 'x', 'y');");
    Reader catalog{foreign, "SELECT * FROM f WHERE id = ?1"};
    for (int i = 0; i < 2; ++i) {
        BOOST_TEST(describe(catalog.find("yes")) == "granted");
        BOOST_TEST(describe(catalog.find("odd")) == "invalid: a text");
        BOOST_TEST(describe(catalog.find("no")) == "forbidden");
    }
    run_sqlite(foreign, "UPDATE f SET allow = 404;");
    BOOST_TEST(describe(catalog.find("yes")) == "hidden");
}

// sha256(x): vectors of FIPS 180-4 as NIST gives them

struct HashRow {
    std::string_view name;
    std::string_view value;
    std::string_view expected;
};

constexpr HashRow hashes[] = {
    {"one_block", "'abc'", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"two_blocks", "'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq'",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {"empty_text", "''", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"empty_blob", "x''", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"a_million_bytes", "replace(hex(zeroblob(500000)), '0', 'a')",
     "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
    {"blob", "x'bd'", "68325720aabd7c82f30f554b313d0570c95accbb7dc4b5aae11204c08ffe732b"},
    {"zero_bytes", "zeroblob(64)", "f5a5fd42d16a20302798ef6ed309979b43003d2320d9f0e8ea9831a92759fb4b"},
    {"text_with_a_zero_byte", "'a' || char(0) || 'b'",
     "59b271ae1bbcb1d31d41929817f4b16fb439eb4f31520b5ad1d5ce98920a7138"},
    {"number_is_its_text", "123", "a665a45920422f9d417e4867efdc4fb8a04a1f3fff1fa07e998e86f7f7a27ae3"},
    {"null", "NULL", "-"},
};

BOOST_AUTO_TEST_CASE(hash) {
    for (const HashRow& row : hashes) {
        BOOST_TEST_CONTEXT(row.name) {
            Reader catalog{foreign, "SELECT coalesce(sha256(" + std::string{row.value} +
                                        "), '-') AS status FROM videos WHERE id = ?1"};
            BOOST_TEST(status_of(catalog, "a") == row.expected);
        }
    }
}

BOOST_AUTO_TEST_CASE(hash_of_a_text_in_utf_16_is_that_of_utf_8) {
    const fs::path database = folder / "utf_16.db";
    run_sqlite(database, "PRAGMA encoding = 'UTF-16le'; CREATE TABLE v (id, t); INSERT INTO v VALUES ('a', 'abc');");
    BOOST_TEST(status_in(database, "a", "SELECT sha256(t) AS status FROM v WHERE id = ?1") == hashes[0].expected);
}

/// A schema that is not trusted may call it: it does nothing but count.
BOOST_AUTO_TEST_CASE(hash_in_a_view) {
    run_sqlite(foreign, "CREATE VIEW v AS SELECT id, sha256('abc') AS status FROM videos;");
    BOOST_TEST(status_in(foreign, "a", "SELECT status FROM v WHERE id = ?1") == hashes[0].expected);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::catalog
