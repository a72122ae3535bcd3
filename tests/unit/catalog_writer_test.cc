// Owns the tests of making a catalogue, and of recording videos in it.
// SPDX-License-Identifier: MIT
#include "catalog/writer.h"

#include "catalog_fixture.h"

namespace reelgate::catalog {
namespace {

BOOST_FIXTURE_TEST_SUITE(catalog_writer, Fixture)

// The shipped schema

BOOST_AUTO_TEST_CASE(created_catalogue_is_empty_and_in_wal_mode) {
    catalog::create(folder / "new.db");
    BOOST_TEST(status_in(folder / "new.db", "a") == "(no row)");
    BOOST_TEST(run_sqlite(folder / "new.db", "PRAGMA journal_mode;") == "wal\n");
}

BOOST_AUTO_TEST_CASE(created_again_leaves_what_is_there) {
    catalog::create(shipped);
    BOOST_TEST(status_in(shipped, "a") == "complete");
}

struct CreateRow {
    std::string_view name;
    std::string file;
    std::string_view expected;
};

const CreateRow not_created[] = {
    {.name = "table_of_another_shape", .file = "foreign.db",
     .expected = "no such column: added_at; its tables: videos (id, status, title); another application's?"},
    {.name = "garbage", .file = "garbage.db", .expected = "not an SQLite database"},
    {.name = "folder", .file = "folder.db", .expected = "is a folder"},
    {.name = "missing_folder", .file = "missing/catalog.db", .expected = "missing: No such file or directory; make it: "},
    {.name = "folder_is_a_file", .file = "garbage.db/catalog.db", .expected = "garbage.db: is not a folder"},
};

BOOST_AUTO_TEST_CASE(catalogue_that_cannot_be_created) {
    folder.write("garbage.db", std::string(8192, 'x'));
    folder.make_folder("folder.db");
    for (const CreateRow& row : not_created) {
        BOOST_TEST_CONTEXT(row.name) {
            const std::string message = message_of<CatalogError>([&] { catalog::create(folder / row.file); });
            BOOST_TEST(contains(message, "create catalogue: " + (folder / row.file).native() + ": "), message);
            BOOST_TEST(contains(message, row.expected), message);
            BOOST_TEST(!contains(message, "reelgate init"), message);  // which is what has just failed
        }
    }
    BOOST_TEST(status_in(foreign, "a") == "complete");
}

// Writing

BOOST_AUTO_TEST_CASE(insert_is_invisible_until_commit) {
    Writer writer{shipped};
    writer.insert("new", "complete");
    BOOST_TEST(status_in(shipped, "new") == "(no row)");
    writer.commit();
    BOOST_TEST(status_in(shipped, "new") == "complete");
}

BOOST_AUTO_TEST_CASE(insert_without_commit_leaves_nothing) {
    Writer{shipped}.insert("new", "complete");
    BOOST_TEST(status_in(shipped, "new") == "(no row)");
    record(shipped, "new", "complete");
    BOOST_TEST(status_in(shipped, "new") == "complete");
}

BOOST_AUTO_TEST_CASE(writer_finds_any_status) {
    record(shipped, "p", "pending");
    Writer writer{shipped};
    BOOST_TEST(writer.status_of("a").value_or("(no row)") == "complete");
    BOOST_TEST(writer.status_of("p").value_or("(no row)") == "pending");
    BOOST_TEST(writer.status_of("c").value_or("(no row)") == "(no row)");
}

struct InsertRow {
    std::string_view name;
    std::string id;
    std::string_view expected;
};

const InsertRow not_inserted[] = {
    {.name = "id_that_is_there", .id = "a", .expected = "UNIQUE constraint failed"},
    {.name = "id_with_a_slash", .id = "x/y", .expected = "CHECK constraint failed"},
    {.name = "empty_id", .id = "", .expected = "CHECK constraint failed"},
    {.name = "id_of_129_characters", .id = std::string(129, 'x'), .expected = "CHECK constraint failed"},
};

BOOST_AUTO_TEST_CASE(row_that_cannot_be_inserted) {
    for (const InsertRow& row : not_inserted) {
        BOOST_TEST_CONTEXT(row.name) {
            const std::string message = message_of<CatalogError>([&] { record(shipped, row.id, "complete"); });
            BOOST_TEST(contains(message, "record " + row.id + ": " + shipped.native() + ": "), message);
            BOOST_TEST(contains(message, row.expected), message);
        }
    }
    record(shipped, std::string(128, 'x'), "complete");
    record(shipped, "AZaz09._~-", "complete");
}

BOOST_AUTO_TEST_CASE(writer_does_not_make_a_catalogue) {
    const std::string message = message_of<CatalogError>([&] { Writer{folder / "missing.db"}; });
    BOOST_TEST(contains(message, "missing.db: No such file or directory; `reelgate init` makes a catalogue"), message);
    BOOST_TEST(!fs::exists(folder / "missing.db"));
}

BOOST_AUTO_TEST_CASE(writer_who_may_not_write) {
    run_sqlite(shipped, "PRAGMA journal_mode = DELETE;");
    fs::permissions(shipped, fs::perms{0444});
    const std::string text = as_ordinary_user(
        [&] { return message_of<CatalogError>([&] { record(shipped, "new", "complete"); }); });
    BOOST_TEST(contains(text, shipped.native() + ": user "), text);
    BOOST_TEST(contains(text, " may not write it"), text);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::catalog
