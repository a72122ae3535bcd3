// Owns the tests of making a catalogue, and of recording videos in it.
// SPDX-License-Identifier: MIT
#include "catalog/writer.h"

#include <functional>

#include "catalog/own.h"
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

struct DatabaseRow {
    std::string_view name;
    std::string_view sql;            ///< what is in the database
    std::string_view file_of_a{};    ///< by the default query
    std::string_view created{}, upgraded{};  ///< what create() and upgrade() return or throw
};

const DatabaseRow databases[] = {
    {.name = "of_0_1", .sql = schema_of_0_1, .file_of_a = "(absent)", .created = "of 0.1", .upgraded = "of 0.1"},
    {.name = "of_0_1_with_a_column_of_its_owner", .sql = "ALTER TABLE videos ADD COLUMN file TEXT DEFAULT 'x.mp4';",
     .file_of_a = "(absent)", .created = "of 0.1",
     .upgraded = "upgrade catalogue: FILE: its table videos is not one that version 0.1 of reelgate has made, or has "
                 "columns of the new names; --query reads any other table as it is"},
    {.name = "marked_by_another_application", .sql = "PRAGMA application_id = 42;", .file_of_a = "(absent)",
     .created = "of 0.1",
     .upgraded = "upgrade catalogue: FILE: its table videos is not one that version 0.1 of reelgate has made, or has "
                 "columns of the new names; --query reads any other table as it is"},
};

std::string made(const std::function<Shape()>& make) {
    try {
        return make() == Shape::own ? "own" : "of 0.1";
    } catch (const CatalogError& error) {
        return error.what();
    }
}

std::string file_by_default(Reader& catalog) {
    const auto row = catalog.find("a");
    return row ? row->file.value_or("(absent)") : "(no row)";
}

BOOST_AUTO_TEST_CASE(database_that_is_not_one_of_ours) {
    for (const DatabaseRow& row : databases) {
        BOOST_TEST_CONTEXT(row.name) {
            const fs::path database = folder / (std::string{row.name} + ".db");
            if (row.sql != schema_of_0_1) run_sqlite(database, schema_of_0_1);
            run_sqlite(database, row.sql);
            Reader reader{database, ""};
            BOOST_TEST(file_by_default(reader) == row.file_of_a);
            BOOST_TEST(made([&] { return create(database); }) == row.created);
            std::string expected{row.upgraded};
            if (const auto at = expected.find("FILE"); at != std::string::npos)
                expected.replace(at, 4, database.native());
            BOOST_TEST(made([&] { return upgrade(database); }) == expected);
            BOOST_TEST(file_by_default(reader) == "(absent)");
        }
    }
}

BOOST_AUTO_TEST_CASE(database_with_other_tables_stays_as_it_is) {
    run_sqlite(folder / "app.db", "CREATE TABLE films (id);");
    const std::string message = message_of<CatalogError>([&] { create(folder / "app.db"); });
    BOOST_TEST(contains(message, "no such table: videos"), message);
    BOOST_TEST(contains(message, "another application's? --database names another file"), message);
    BOOST_TEST(run_sqlite(folder / "app.db", "SELECT name FROM sqlite_schema; PRAGMA application_id;") == "films\n0\n");
}

/// A reader that has looked something up already, as one that serves viewers.
BOOST_AUTO_TEST_CASE(catalogue_that_is_upgraded_while_it_is_served) {
    const fs::path database = folder / "old.db";
    run_sqlite(database, schema_of_0_1);
    Reader reader{database, ""};
    BOOST_TEST(file_by_default(reader) == "(absent)");
    BOOST_TEST(made([&] { return upgrade(database); }) == "of 0.1");
    run_sqlite(database, "UPDATE videos SET file = 'new.webm';");
    BOOST_TEST(file_by_default(reader) == "new.webm");
    BOOST_TEST(made([&] { return upgrade(database); }) == "own");
    Reader given{database, default_query};
    BOOST_TEST(file_by_default(given) == "(absent)");
}

/// A catalogue of ours does not say who may watch.
BOOST_AUTO_TEST_CASE(default_query_has_every_column_of_a_film) {
    for (const Column& column : columns) BOOST_TEST(contains(own_query, column.name) == (column.value != nullptr));
}

// Writing

BOOST_AUTO_TEST_CASE(insert_is_invisible_until_commit) {
    Writer writer{shipped};
    const auto transaction = writer.begin();
    writer.insert({.id = "new", .status = "complete"});
    BOOST_TEST(status_in(shipped, "new") == "(no row)");
    writer.commit();
    BOOST_TEST(status_in(shipped, "new") == "complete");
}

BOOST_AUTO_TEST_CASE(insert_without_commit_leaves_nothing) {
    {
        Writer writer{shipped};
        const auto transaction = writer.begin();
        writer.insert({.id = "new", .status = "complete"});
    }
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

BOOST_AUTO_TEST_CASE(columns_that_a_catalogue_of_0_1_lacks) {
    const fs::path database = folder / "old.db";
    run_sqlite(database, schema_of_0_1);
    Writer writer{database};
    BOOST_TEST(!writer.has_own_columns());
    const auto transaction = writer.begin();
    const std::string message =
        message_of<posix::FailureError>([&] { writer.insert({.id = "b", .status = "complete", .file = "b.webm"}); });
    BOOST_TEST(contains(message, "record b: " + database.native() + ": a catalogue of version 0.1"), message);
    BOOST_TEST(contains(message, "`reelgate init --upgrade`"), message);
    writer.insert({.id = "b", .status = "complete"});
    writer.commit();
    BOOST_TEST(status_in(database, "b") == "complete");
}

BOOST_AUTO_TEST_CASE(row_that_is_replaced_and_taken_out) {
    Writer writer{shipped};
    BOOST_TEST(writer.has_own_columns());
    const auto inserting = writer.begin();
    writer.insert({.id = "b", .status = "pending", .file = "b.mov", .title = "B", .media_type = "video/x"});
    writer.commit();
    run_sqlite(shipped, "UPDATE videos SET etag = 'v1' WHERE id = 'b';");
    auto files = writer.files();
    BOOST_TEST(files.size() == 2u);
    BOOST_TEST(files["b"].value_or("") == "b.mov");
    BOOST_TEST(!files["a"]);
    const auto replacing = writer.begin();
    writer.replace({.id = "b", .status = "complete", .file = "b.webm"});
    writer.commit();
    BOOST_TEST(run_sqlite(shipped, "SELECT * FROM (SELECT status, file, title, media_type, etag FROM videos "
                                   "WHERE id = 'b');") == "complete|b.webm|B||\n");
    const auto removing = writer.begin();
    BOOST_TEST(writer.remove("b"));
    BOOST_TEST(!writer.remove("none"));
    writer.commit();
    BOOST_TEST(status_in(shipped, "b") == "(no row)");
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
