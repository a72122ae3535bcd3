// Owns the tests of looking videos up, with real SQLite files: our own, other applications', changing and locked ones.
// Does not test what an answer makes of a row: handler_test.cc does.
// SPDX-License-Identifier: MIT
#include "catalog/reader.h"

#include <sys/resource.h>
#include <sys/stat.h>

#include <atomic>
#include <chrono>
#include <iterator>
#include <thread>

#include "catalog_fixture.h"
#include "failing_allocations.h"

namespace reelgate::catalog {
namespace {

BOOST_FIXTURE_TEST_SUITE(catalog_reader, Fixture)

// Looking up

struct FindRow {
    std::string_view name;
    std::string_view id;
    std::string_view expected;
};

constexpr FindRow rows[] = {
    {.name = "status", .id = "a", .expected = "complete"},
    {.name = "another_status", .id = "b", .expected = "pending"},
    {.name = "no_row", .id = "c", .expected = "(no row)"},
    {.name = "id_in_capitals", .id = "A", .expected = "(no row)"},
    {.name = "no_id", .id = "", .expected = "(no row)"},
    {.name = "id_that_would_be_sql", .id = "a' OR '1'='1", .expected = "(no row)"},
    {.name = "id_with_a_wildcard", .id = "%", .expected = "(no row)"},
    {.name = "null_is_an_empty_status", .id = "n", .expected = ""},
    {.name = "empty_status", .id = "e", .expected = ""},
    {.name = "integer_status", .id = "i", .expected = "7"},
    {.name = "real_status", .id = "f", .expected = "1.5"},
    {.name = "utf_8_status", .id = "u", .expected = "vollständig"},
};

BOOST_AUTO_TEST_CASE(row_of_an_id) {
    Reader catalog{foreign, default_query};  // one for all rows: a statement is used again and again
    for (const FindRow& row : rows)
        BOOST_TEST_CONTEXT(row.name) { BOOST_TEST(status_of(catalog, row.id) == row.expected); }
}

BOOST_AUTO_TEST_CASE(id_is_not_read_beyond_its_end) {
    const std::string_view longer = "abc";
    BOOST_TEST(status_in(foreign, longer.substr(0, 1)) == "complete");
}

BOOST_AUTO_TEST_CASE(row_that_another_process_adds_is_seen) {
    Reader catalog{shipped, default_query};
    SqliteShell application{shipped};
    BOOST_TEST(status_of(catalog, "new") == "(no row)");
    application.execute("BEGIN; INSERT INTO videos (id, status) VALUES ('new', 'pending');");
    BOOST_TEST(status_of(catalog, "new") == "(no row)");  // WAL: its writer does not lock readers out
    application.execute("COMMIT;");
    BOOST_TEST(status_of(catalog, "new") == "pending");
    application.execute("UPDATE videos SET status = 'complete';");
    BOOST_TEST(status_of(catalog, "new") == "complete");
}

/// A read lock left behind would let the log grow without end.
BOOST_AUTO_TEST_CASE(no_lock_is_left_behind) {
    Reader catalog{shipped, default_query};
    SqliteShell application{shipped};
    for (const std::string_view id : {"a", "missing"}) {
        BOOST_TEST_CONTEXT(id) {
            catalog.find(id);
            application.execute("UPDATE videos SET status = 'complete';");
            BOOST_TEST(application.execute("PRAGMA wal_checkpoint(TRUNCATE);") == "0|0|0\n");
        }
    }
}

// Queries

struct QueryRow {
    std::string_view name;
    std::string query;
    std::string_view expected;  ///< the status, or part of the message
};

const QueryRow usable[] = {
    {.name = "status_among_others", .query = "SELECT id, title, status FROM videos WHERE id = ?1",
     .expected = "complete"},
    {.name = "status_by_another_name", .query = "SELECT title AS status FROM videos WHERE id = ?1",
     .expected = "A film"},
    {.name = "computed_status",
     .query = "SELECT CASE WHEN title LIKE 'A f%' THEN 'complete' END AS status FROM videos WHERE id = ?1",
     .expected = "complete"},
    {.name = "named_parameter", .query = "SELECT status FROM videos WHERE id = :id", .expected = "complete"},
    {.name = "one_parameter_twice", .query = "SELECT status FROM videos WHERE id = ?1 OR title = ?1",
     .expected = "complete"},
    {.name = "semicolon_and_white_space", .query = "SELECT status FROM videos WHERE id = ?1 ; \n",
     .expected = "complete"},
};

BOOST_AUTO_TEST_CASE(query_that_can_be_used) {
    for (const QueryRow& row : usable)
        BOOST_TEST_CONTEXT(row.name) { BOOST_TEST(status_in(foreign, "a", row.query) == row.expected); }
}

const QueryRow unusable[] = {
    {.name = "no_status", .query = "SELECT title FROM videos WHERE id = ?1",
     .expected = "has no result column named status"},
    {.name = "two_that_decide_who_may_watch", .query = "SELECT title AS status, 1 AS allow, 403 AS Allow FROM videos"
                                                        " WHERE id = ?1",
     .expected = "has several result columns named allow"},
    {.name = "status_in_capitals", .query = "SELECT title AS STATUS FROM videos WHERE id = ?1",
     .expected = "has no result column named status"},
    {.name = "no_parameter", .query = "SELECT status FROM videos", .expected = "has no parameter for the id"},
    {.name = "two_parameters", .query = "SELECT status FROM videos WHERE id = ?1 AND title = ?2",
     .expected = "names ?2, which is unknown: did you mean :id?"},
    {.name = "writes", .query = "UPDATE videos SET status = 'x' WHERE id = ?1 RETURNING status",
     .expected = "does not only read"},
    {.name = "deletes", .query = "DELETE FROM videos WHERE id = ?1", .expected = "does not only read"},
    {.name = "two_statements", .query = "SELECT status FROM videos WHERE id = ?1; DELETE FROM videos",
     .expected = "is not one statement"},
    {.name = "comment_alone", .query = "-- nothing", .expected = "is not one statement"},
    {.name = "no_sql", .query = "status of ?1", .expected = "syntax error"},
    {.name = "no_such_table", .query = "SELECT status FROM films WHERE id = ?1",
     .expected = "no such table: films; its tables: videos (id, status, title); the query is "},
    {.name = "no_such_column", .query = "SELECT status FROM videos WHERE key = ?1",
     .expected = "no such column: key; its tables: videos (id, status, title); the query is "},
};

BOOST_AUTO_TEST_CASE(query_that_cannot_be_used) {
    for (const QueryRow& row : unusable) {
        BOOST_TEST_CONTEXT(row.name) {
            const std::string message = failure(foreign, row.query);
            BOOST_TEST(contains(message, "prepare query: "), message);
            BOOST_TEST(contains(message, row.expected), message);
            BOOST_TEST(message_of<CatalogError>([&] { Reader(foreign, row.query).check(); }) == message);
        }
    }
    BOOST_TEST(status_in(foreign, "a") == "complete");
    BOOST_TEST(status_in(foreign, "b") == "pending");
}

// Columns that need not be there

/// Writes a row, "-" for what is absent.
std::string describe(const std::optional<Row>& row) {
    if (!row) return "(no row)";
    return row->status.value_or("") + "|" + row->file.value_or("-") + "|" + row->media_type.value_or("-") + "|" +
           row->etag.value_or("-");
}

constexpr std::string_view schema_of_columns =
    "CREATE TABLE files (id TEXT PRIMARY KEY, state, path, type, tag);"
    "INSERT INTO files VALUES ('all', 'complete', 'a/b.webm', 'video/webm', 'v1'),"
    "                         ('null', 'complete', NULL, NULL, NULL), ('nothing', 'complete', '', '', ''),"
    "                         ('some', 'complete', 'x', NULL, ''), ('number', 'complete', 1, 2, 3),"
    "                         ('pending', 'pending', 'p', 'q', 'r');";

struct ColumnsRow {
    std::string_view name;
    std::string query;
    std::string_view id = "all";
    std::string_view expected;
};

const std::string all_columns =
    "SELECT state AS status, path AS file, type AS media_type, tag AS etag FROM files WHERE id = ?1";

const ColumnsRow columns[] = {
    {.name = "status_alone", .query = "SELECT state AS status FROM files WHERE id = ?1", .expected = "complete|-|-|-"},
    {.name = "all", .query = all_columns, .expected = "complete|a/b.webm|video/webm|v1"},
    {.name = "another_order", .query = "SELECT tag AS etag, 1, type AS media_type, state AS status, path AS file"
                                       " FROM files WHERE id = ?1", .expected = "complete|a/b.webm|video/webm|v1"},
    {.name = "file_alone", .query = "SELECT state AS status, path AS file FROM files WHERE id = ?1",
     .expected = "complete|a/b.webm|-|-"},
    {.name = "media_type_alone", .query = "SELECT state AS status, type AS media_type FROM files WHERE id = ?1",
     .expected = "complete|-|video/webm|-"},
    {.name = "etag_alone", .query = "SELECT state AS status, tag AS etag FROM files WHERE id = ?1",
     .expected = "complete|-|-|v1"},
    {.name = "other_names", .query = "SELECT state AS status, path AS File, type AS type, tag AS e_tag FROM files"
                                     " WHERE id = ?1", .expected = "complete|-|-|-"},
    {.name = "null", .query = all_columns, .id = "null", .expected = "complete|-|-|-"},
    {.name = "nothing", .query = all_columns, .id = "nothing", .expected = "complete|-|-|-"},
    {.name = "some", .query = all_columns, .id = "some", .expected = "complete|x|-|-"},
    {.name = "numbers", .query = all_columns, .id = "number", .expected = "complete|1|2|3"},
    {.name = "no_row", .query = all_columns, .id = "missing", .expected = "(no row)"},
};

BOOST_AUTO_TEST_CASE(columns_that_need_not_be_there) {
    run_sqlite(foreign, schema_of_columns);
    for (const ColumnsRow& row : columns)
        BOOST_TEST_CONTEXT(row.name) { BOOST_TEST(describe(Reader(foreign, row.query).find(row.id)) == row.expected); }
}

BOOST_AUTO_TEST_CASE(title) {
    run_sqlite(foreign, schema_of_columns);
    Reader catalog{foreign, "SELECT state AS status, tag AS title FROM files WHERE id = ?1"};
    BOOST_TEST(catalog.find("all")->title.value() == "v1");
    BOOST_TEST(!catalog.find("nothing")->title);
}

BOOST_AUTO_TEST_CASE(columns_of_one_row_do_not_stay_for_the_next) {
    run_sqlite(foreign, schema_of_columns);
    Reader catalog{foreign, all_columns};
    BOOST_TEST(describe(catalog.find("all")) == "complete|a/b.webm|video/webm|v1");
    BOOST_TEST(describe(catalog.find("null")) == "complete|-|-|-");
    BOOST_TEST(describe(catalog.find("pending")) == "pending|p|q|r");
}

// The schema changes while the catalogue is open

constexpr const char* every_column = "SELECT * FROM changing WHERE id = ?1";

/// Behind the status stands what would make the video ready, were it taken for the status.
constexpr std::string_view changing_schema =
    "CREATE TABLE changing (id TEXT PRIMARY KEY, title, status, next);"
    "INSERT INTO changing VALUES ('a', 'A film', 'complete', 'archived'), ('b', 'Another', 'pending', 'complete');";

BOOST_AUTO_TEST_CASE(column_before_the_status_is_dropped_by_another_process) {
    run_sqlite(foreign, changing_schema);
    Reader catalog{foreign, every_column};
    BOOST_TEST(status_of(catalog, "a") == "complete");
    BOOST_TEST(status_of(catalog, "b") == "pending");
    run_sqlite(foreign, "ALTER TABLE changing DROP COLUMN title;");
    BOOST_TEST(status_of(catalog, "b") == "pending");
    BOOST_TEST(status_of(catalog, "a") == "complete");
}

BOOST_AUTO_TEST_CASE(schema_changes_before_a_missing_row_is_looked_for) {
    run_sqlite(foreign, changing_schema);
    Reader catalog{foreign, every_column};
    BOOST_TEST(status_of(catalog, "b") == "pending");
    run_sqlite(foreign, "ALTER TABLE changing DROP COLUMN title;");
    BOOST_TEST(status_of(catalog, "missing") == "(no row)");
    BOOST_TEST(status_of(catalog, "b") == "pending");
}

BOOST_AUTO_TEST_CASE(column_that_another_process_adds_is_used) {
    run_sqlite(foreign, changing_schema);
    Reader catalog{foreign, every_column};
    BOOST_TEST(describe(catalog.find("a")) == "complete|-|-|-");
    run_sqlite(foreign, "ALTER TABLE changing ADD COLUMN file; UPDATE changing SET file = 'a/1.mp4' WHERE id = 'a';");
    BOOST_TEST(describe(catalog.find("a")) == "complete|a/1.mp4|-|-");
    BOOST_TEST(describe(catalog.find("b")) == "pending|-|-|-");
}

BOOST_AUTO_TEST_CASE(column_of_the_status_vanishes) {
    run_sqlite(foreign, changing_schema);
    Reader catalog{foreign, every_column};
    BOOST_TEST(status_of(catalog, "a") == "complete");
    run_sqlite(foreign, "ALTER TABLE changing RENAME COLUMN status TO state;");
    const std::string message = message_of<CatalogError>([&] { catalog.find("a"); });
    BOOST_TEST(message == "look up a: " + foreign.native() +
                              ": the schema has changed, and the query has no result column named status; see --query");
    BOOST_CHECK_THROW(catalog.find("a"), CatalogError);
    run_sqlite(foreign, "ALTER TABLE changing RENAME COLUMN state TO status;");
    BOOST_TEST(status_of(catalog, "a") == "complete");
}

BOOST_AUTO_TEST_CASE(column_that_decides_who_may_watch_vanishes) {
    run_sqlite(foreign, changing_schema);
    run_sqlite(foreign, "ALTER TABLE changing ADD COLUMN allow DEFAULT 403;");
    Reader catalog{foreign, every_column};
    BOOST_CHECK(catalog.find("a").value().permission == Permission::forbidden);
    run_sqlite(foreign, "ALTER TABLE changing RENAME COLUMN allow TO permit;");
    BOOST_CHECK_THROW(catalog.find("a"), CatalogError);
    BOOST_CHECK_THROW(catalog.find("a"), CatalogError);
    run_sqlite(foreign, "ALTER TABLE changing RENAME COLUMN permit TO allow;");
    BOOST_CHECK(catalog.find("a").value().permission == Permission::forbidden);
}

struct UnknownRow {
    std::string_view name, columns;
    std::string_view warning = {};
};

constexpr UnknownRow unknown_columns[] = {
    {.name = "known_ones", .columns = "status, title AS file, 1 AS allow"},
    {.name = "another_word", .columns = "status, next, 1 AS bitrate"},
    {.name = "allow_with_a_letter_too_few", .columns = "status, 0 AS alow", .warning = "alow: allow"},
    {.name = "allow_with_letters_too_many", .columns = "status, 0 AS allowed", .warning = "allowed: allow"},
    {.name = "allow_with_two_letters_changed", .columns = "status, 0 AS allwo", .warning = "allwo: allow"},
    {.name = "allow_after_a_blank", .columns = "status, 0 AS ' allow'", .warning = " allow: allow"},
    {.name = "allow_before_other_columns", .columns = "status, 0 AS alow, next AS files", .warning = "alow: allow"},
    {.name = "allow_after_other_columns", .columns = "status, next AS files, 0 AS alow", .warning = "alow: allow"},
    {.name = "beside_allow", .columns = "status, 1 AS allow, 0 AS allowed"},
    {.name = "file_with_a_letter_too_many", .columns = "status, next AS files", .warning = "files: file"},
    {.name = "beside_file", .columns = "status, next AS file, next AS files"},
    {.name = "two_letters_of_another_column", .columns = "status, next AS time"},
};

BOOST_AUTO_TEST_CASE(column_that_is_none) {
    run_sqlite(foreign, changing_schema);
    for (const UnknownRow& row : unknown_columns) {
        BOOST_TEST_CONTEXT(row.name) {
            Reader catalog{foreign, "SELECT " + std::string{row.columns} + " FROM changing WHERE id = :id"};
            catalog.check();
            const auto warning = catalog.warning();
            const std::string_view given = row.warning.substr(0, row.warning.find(": "));
            const std::string expected =
                row.warning.empty() ? "" : "query: column " + std::string{given} + ": counts for nothing; did you mean " +
                                               std::string{row.warning.substr(given.size() + 2)} + "?";
            BOOST_TEST((warning ? posix::text_of(*warning) : "") == expected);
        }
    }
}

BOOST_AUTO_TEST_CASE(second_column_that_decides_who_may_watch_comes) {
    run_sqlite(foreign, changing_schema);
    Reader catalog{foreign, "SELECT *, 403 AS allow FROM changing WHERE id = ?1"};
    BOOST_CHECK(catalog.find("a").value().permission == Permission::forbidden);
    run_sqlite(foreign, "ALTER TABLE changing ADD COLUMN allow DEFAULT 200;");
    BOOST_CHECK_THROW(catalog.find("a"), CatalogError);
    BOOST_CHECK_THROW(catalog.find("a"), CatalogError);
}

BOOST_AUTO_TEST_CASE(column_becomes_ambiguous_under_a_query_that_asks_the_request) {
    run_sqlite(foreign, changing_schema);
    run_sqlite(foreign, "CREATE TABLE sessions (token);");
    Reader catalog{foreign, "SELECT status FROM changing LEFT JOIN sessions ON token = :_cookie_s WHERE id = :id"};
    BOOST_TEST(status_of(catalog, "a") == "complete");
    run_sqlite(foreign, "ALTER TABLE sessions ADD COLUMN status;");
    const std::string message = message_of<CatalogError>([&] { catalog.find("a"); });
    BOOST_TEST(message.find("ambiguous column name: status") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(error_of_a_function_does_not_quote_the_request) {
    run_sqlite(foreign, changing_schema);
    Reader catalog{foreign, "SELECT status, json_extract('{}', :_cookie_pick) AS file FROM changing WHERE id = :id"};
    http::Request request;
    request.variables.emplace().add("HTTP_COOKIE", "pick=SECRET");
    const std::string message =
        message_of<CatalogError>([&] { catalog.find(Question{.id = "a", .request = &request}); });
    BOOST_TEST(message.find("SECRET") == std::string::npos);
    BOOST_TEST(message.find("a function of the query does not take") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(table_vanishes) {
    run_sqlite(foreign, changing_schema);
    Reader catalog{foreign, every_column};
    BOOST_TEST(status_of(catalog, "a") == "complete");
    run_sqlite(foreign, "DROP TABLE changing;");
    const std::string message = message_of<CatalogError>([&] { catalog.find("a"); });
    BOOST_TEST(contains(message, "look up a: " + foreign.native() + ": no such table: changing; its tables: videos (id, "),
               message);
    run_sqlite(foreign, changing_schema);
    BOOST_TEST(status_of(catalog, "a") == "complete");
}

// A failed allocation costs the look-up that it hits: never another row, never a part of one

/// Texts that SQLite has to convert, and numbers that it has to make into texts.
constexpr std::string_view utf_16_schema =
    "PRAGMA encoding = 'UTF-16le';"
    "CREATE TABLE v (id TEXT PRIMARY KEY, status, file, media_type, etag);"
    "INSERT INTO v VALUES ('a', 'complete', 'a/1.mp4', 'video/webm', 17), ('b', 'pending', 'b.mp4', NULL, 1.5);";

struct AllocationRow {
    std::string_view name;
    unsigned count;          ///< that fail in a row
    bool is_opened = false;  ///< by an earlier look-up
    bool is_changed = false; ///< its schema, just before
};

constexpr AllocationRow allocations[] = {
    {.name = "while_it_opens", .count = 1},
    {.name = "many_while_it_opens", .count = 30},
    {.name = "while_it_is_open", .count = 1, .is_opened = true},
    {.name = "many_while_it_is_open", .count = 30, .is_opened = true},
    {.name = "after_a_change_of_the_schema", .count = 1, .is_opened = true, .is_changed = true},
};

BOOST_AUTO_TEST_CASE(allocation_that_fails) {
    const fs::path database = folder / "utf_16.db";
    SqliteShell application{database};
    application.execute(utf_16_schema);
    for (const AllocationRow& row : allocations) {
        constexpr std::string_view whole = "complete|a/1.mp4|video/webm|17";
        std::optional<Row> found;
        bool is_there = false, has_thrown = false;
        std::string wrong;
        std::optional<Reader> catalog;
        const auto prepare = [&] {
            // An id of its own, so that a row which is left from the look-up before shows.
            if (row.is_opened && catalog) catalog->find("b");
            if (!row.is_opened || !catalog) catalog.emplace(database, "SELECT * FROM v WHERE id = ?1");
            if (row.is_opened) catalog->find("b");
            if (row.is_changed) {
                application.execute(is_there ? "ALTER TABLE v DROP COLUMN more;" : "ALTER TABLE v ADD COLUMN more;");
                is_there = !is_there;
            }
        };
        const auto find = [&] {
            has_thrown = false;
            try {
                found = catalog->find("a");
            } catch (const CatalogError&) {
                has_thrown = true;
            } catch (const std::bad_alloc&) {
                has_thrown = true;
            }
        };
        prepare();
        BOOST_TEST_CONTEXT(row.name) {
            for_each_failing_allocation(row.count, find, [&](const std::string& which) {
                if (!has_thrown && describe(found) != whole) wrong += which + ": " + describe(found) + "\n";
                if (const std::string next = describe(catalog->find("b")); next != "pending|b.mp4|-|1.5")
                    wrong += which + ", and then: " + next + "\n";
                prepare();
            });
            BOOST_TEST(wrong == "");
            BOOST_TEST(!has_thrown);
        }
    }
}

/// A client that gets 503 for it comes again.
BOOST_AUTO_TEST_CASE(one_allocation_that_fails_is_a_failure_of_the_catalogue) {
    const std::string long_name(100, 'x');
    run_sqlite(shipped, "CREATE TABLE v (id TEXT PRIMARY KEY, status, file);"
                        "INSERT INTO v VALUES ('a', 'complete', '" + long_name + "');");
    Reader catalog{shipped, "SELECT * FROM v WHERE id = ?1"};
    for (const bool is_remembered : {true, false}) {
        BOOST_TEST_CONTEXT((is_remembered ? "remembered" : "asked for")) {
            std::string outcome;
            int failures = 0;
            const auto find = [&] {
                try {
                    const auto found = catalog.find("a");
                    outcome = found && found->file == long_name ? "found" : "another row";
                } catch (const CatalogError&) {
                    outcome = "failure of the catalogue";
                } catch (const std::bad_alloc&) {
                    outcome = "another failure";
                }
            };
            catalog.find("a");
            for_each_failing_allocation(1, find, [&](const std::string& which) {
                failures += outcome == "failure of the catalogue" ? 1 : 0;
                BOOST_TEST((outcome == "found" || outcome == "failure of the catalogue"), which << ": " << outcome);
                if (is_remembered)
                    catalog.find("a");
                else
                    run_sqlite(shipped, "PRAGMA user_version = 1;");  // what is remembered is of the commit before
            });
            BOOST_TEST(outcome == "found");
            BOOST_TEST(failures > 0);
        }
    }
}

// Descriptors

std::ptrdiff_t open_descriptors() {
    return std::distance(fs::directory_iterator{"/proc/self/fd"}, fs::directory_iterator{});
}

BOOST_AUTO_TEST_CASE(check_after_find_leaves_no_descriptor_behind) {
    for (const fs::path& database : {foreign, shipped}) {
        BOOST_TEST_CONTEXT(database) {
            const std::ptrdiff_t before = open_descriptors();
            {
                Reader catalog{database, default_query};
                catalog.find("a");
                const std::ptrdiff_t open = open_descriptors();
                BOOST_TEST(open > before);
                for (int i = 0; i < 3; ++i) {
                    catalog.check();
                    BOOST_TEST(open_descriptors() == open);
                    BOOST_TEST(status_of(catalog, "a") == "complete");
                    BOOST_TEST(open_descriptors() == open);
                }
            }
            BOOST_TEST(open_descriptors() == before);
        }
    }
}

BOOST_AUTO_TEST_CASE(check_that_fails_after_find_leaves_no_descriptor_behind) {
    const std::ptrdiff_t before = open_descriptors();
    Reader catalog{foreign, default_query};
    catalog.find("a");
    folder.write("new.db", std::string(8192, 'x'));
    fs::rename(folder / "new.db", foreign);
    BOOST_CHECK_THROW(catalog.check(), CatalogError);
    BOOST_TEST(open_descriptors() == before);
}

// Locked by a writer

BOOST_AUTO_TEST_CASE(locked_before_it_is_opened) {
    Reader catalog{foreign, default_query};
    SqliteShell application{foreign};
    application.execute("BEGIN EXCLUSIVE;");
    const std::string message = message_of<CatalogError>([&] { catalog.find("a"); });
    BOOST_TEST(contains(message, foreign.native() + ": locked by a writer, process " + std::to_string(application.id()) +
                                     " (sqlite3), for longer than reelgate waits; in WAL mode it can be read "
                                     "meanwhile: `sqlite3 " + foreign.native() + " 'PRAGMA journal_mode = WAL'`; it is "
                                     "free when that commits, or ends: `kill "),
               message);
    application.execute("COMMIT;");
    BOOST_TEST(status_of(catalog, "a") == "complete");
}

BOOST_AUTO_TEST_CASE(locked_while_it_is_open) {
    Reader catalog{foreign, default_query};
    BOOST_TEST(status_of(catalog, "a") == "complete");
    SqliteShell application{foreign};
    application.execute("BEGIN EXCLUSIVE; UPDATE videos SET status = 'gone' WHERE id = 'a';");
    const std::string message = message_of<CatalogError>([&] { catalog.find("a"); });
    BOOST_TEST(contains(message, "look up a: " + foreign.native() + ": locked by a writer"), message);
    application.execute("COMMIT;");
    BOOST_TEST(status_of(catalog, "a") == "gone");
}

/// In WAL mode only somebody who wants it for himself keeps readers out.
BOOST_AUTO_TEST_CASE(locked_in_wal_mode) {
    Reader catalog{shipped, default_query};
    {
        SqliteShell application{shipped};
        application.execute("PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE; COMMIT;");
        const std::string message = message_of<CatalogError>([&] { catalog.find("a"); });
        BOOST_TEST(contains(message, "process " + std::to_string(application.id()) + " (sqlite3)"), message);
        BOOST_TEST(!contains(message, "journal_mode"), message);
    }
    BOOST_TEST(status_of(catalog, "a") == "complete");
}

BOOST_AUTO_TEST_CASE(writer_looks_at_the_lock_first_and_shortly) {
    run_sqlite(foreign, "ALTER TABLE videos ADD COLUMN added_at;");
    for (const fs::path& database : {foreign, shipped}) {
        BOOST_TEST_CONTEXT(database) {
            Writer writer{database};
            SqliteShell application{database};
            application.execute("BEGIN IMMEDIATE;");
            const std::string message = message_of<CatalogError>([&] { writer.check(); });
            BOOST_TEST(contains(message, "write catalogue: " + database.native() + ": locked by a writer, process " +
                                             std::to_string(application.id())), message);
            BOOST_TEST(!contains(message, "journal_mode"), message);  // two writers do not go together in any
            application.execute("COMMIT;");
            writer.check();
            application.execute("BEGIN IMMEDIATE; COMMIT;");  // a look leaves no lock behind
        }
    }
}

BOOST_AUTO_TEST_CASE(waiting_for_a_lock_has_an_end) {
    SqliteShell application{foreign};
    application.execute("BEGIN EXCLUSIVE;");
    const auto begin = std::chrono::steady_clock::now();
    BOOST_CHECK_THROW(status_in(foreign, "a"), CatalogError);
    const auto waited = std::chrono::steady_clock::now() - begin;
    BOOST_TEST((waited >= lock_patience / 2));
    BOOST_TEST((waited < std::chrono::seconds{20}));  // time for a machine that is busy
}

BOOST_AUTO_TEST_CASE(locked_is_good_enough_at_start_up) {
    Reader catalog{foreign, default_query};
    SqliteShell application{foreign};
    application.execute("BEGIN EXCLUSIVE;");
    BOOST_TEST(message_of<CatalogError>([&] { catalog.check(); }) == "nothing thrown");
    application.execute("COMMIT;");
    BOOST_TEST(status_of(catalog, "a") == "complete");
}

// Replaced by rename: a restored backup, a replica

BOOST_AUTO_TEST_CASE(replaced_by_rename_is_noticed) {
    Reader catalog{foreign, default_query};
    BOOST_TEST(status_of(catalog, "a") == "complete");
    run_sqlite(folder / "new.db", "CREATE TABLE videos (id, status); INSERT INTO videos VALUES ('a', 'restored');");
    fs::rename(folder / "new.db", foreign);
    BOOST_TEST(other_than("complete", catalog) == "restored");
}

/// As `cp backup.db catalog.db; rm catalog.db-wal catalog.db-shm` does: the file stays, what belongs to it goes.
/// Whoever notices closes the connections of all, also of one that is being opened: ThreadSanitizer sees what is not
/// under the lock.
BOOST_AUTO_TEST_CASE(replaced_while_another_thread_opens_it) {
    Reader opening{foreign, default_query};
    std::atomic<bool> is_over{false};
    std::thread other{[&] {
        while (!is_over) opening.check();
    }};
    for (int i = 0; i < 200; ++i) open_readers().close_all();
    is_over = true;
    other.join();
    BOOST_TEST(status_of(opening, "a") == "complete");
}

BOOST_AUTO_TEST_CASE(restored_in_place_without_its_shared_memory_is_noticed) {
    run_sqlite(foreign, "PRAGMA journal_mode = WAL;");
    fs::copy_file(foreign, folder / "backup.db");
    Reader catalog{foreign, default_query}, idle{foreign, default_query};
    BOOST_TEST(status_of(catalog, "a") == "complete");
    BOOST_TEST(status_of(idle, "a") == "complete");
    fs::copy_file(folder / "backup.db", foreign, fs::copy_options::overwrite_existing);
    remove_companions(foreign);
    run_sqlite(foreign, "UPDATE videos SET status = 'gone';");
    BOOST_TEST(other_than("complete", catalog) == "gone");
    BOOST_TEST(status_of(idle, "a") == "gone");
    // From here on at once: both have the shared memory that the writer has.
    run_sqlite(foreign, "UPDATE videos SET status = 'back';");
    BOOST_TEST(status_of(catalog, "a") == "back");
    BOOST_TEST(status_of(idle, "a") == "back");
}

BOOST_AUTO_TEST_CASE(look_up_without_end_is_given_up) {
    const std::string endless = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
                                "SELECT i AS status FROM n WHERE i < 0 AND ?1 = 'a'";
    Reader catalog{foreign, endless};
    const std::string message = message_of<CatalogError>([&] { catalog.find("a"); });
    BOOST_TEST(contains(message, "look up a: " + foreign.native() + ": took longer than 3 s and was given up"), message);
    BOOST_TEST(contains(message, endless), message);
}

BOOST_AUTO_TEST_CASE(fifo_in_its_place) {
    const std::string fifo = folder / "fifo.db";
    BOOST_TEST_REQUIRE(mkfifo(fifo.c_str(), 0666) == 0);
    Reader catalog{fifo, default_query};
    BOOST_TEST(message_of<CatalogError>([&] { catalog.check(); }) ==
               "open catalogue: " + fifo + ": is not a regular file; --database names one");
    BOOST_TEST(message_of<CatalogError>([&] { Writer{fifo}; }) ==
               "open catalogue: " + fifo + ": is not a regular file; --database names one");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::catalog
