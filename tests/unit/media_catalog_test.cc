// Owns the tests of the catalogue, with real SQLite files: our own, other applications', broken and locked ones.
// Does not test what an answer makes of a row: handler_test.cc does.
// SPDX-License-Identifier: MIT
#include "media/catalog.h"

#include <sys/resource.h>
#include <sys/stat.h>

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "child_process.h"
#include "failing_allocations.h"
#include "messages.h"
#include "posix/account.h"
#include "temporary_folder.h"

namespace reelgate::media {
namespace {

namespace fs = std::filesystem;

constexpr const char* default_query = "SELECT status FROM videos WHERE id = ?1";

/// A table of another application's, not in WAL mode.
constexpr std::string_view foreign_schema =
    "CREATE TABLE videos (id TEXT PRIMARY KEY, status, title TEXT);"
    "INSERT INTO videos VALUES ('a', 'complete', 'A film'), ('b', 'pending', 'Another'), ('n', NULL, ''), ('i', 7, ''),"
    "                          ('f', 1.5, ''), ('e', '', ''), ('u', 'vollständig', '');";

std::string status_of(Catalog& catalog, std::string_view id) {
    const auto row = catalog.find(id);
    return row ? row->status : "(no row)";
}

std::string status_in(const fs::path& database, std::string_view id, std::string query = default_query) {
    Catalog catalog{database, std::move(query)};
    return status_of(catalog, id);
}

std::string failure(const fs::path& database, const std::string& query = default_query) {
    return message_of<CatalogError>([&] { status_in(database, "a", query); });
}

void record(const fs::path& database, std::string_view id, std::string_view status) {
    CatalogWriter writer{database};
    writer.insert(id, status);
    writer.commit();
}

/// Gives the first command between grave accents in a message; empty where there is none.
std::string remedy_in(std::string_view message) {
    const auto begin = message.find('`');
    if (begin == std::string_view::npos) return {};
    return std::string{message.substr(begin + 1, message.find('`', begin + 1) - begin - 1)};
}

void run(const std::string& command) { BOOST_REQUIRE_MESSAGE(std::system(command.c_str()) == 0, "fails: " + command); }

/// A folder with a catalogue of the shipped schema and a foreign one.
struct Fixture {
    TemporaryFolder folder;
    fs::path shipped = folder / "shipped.db";
    fs::path foreign = folder / "foreign.db";

    Fixture() {
        create_catalog(shipped);
        record(shipped, "a", "complete");
        run_sqlite(foreign, foreign_schema);
    }
};

BOOST_FIXTURE_TEST_SUITE(media_catalog, Fixture)

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
    Catalog catalog{foreign, default_query};  // one for all rows: a statement is used again and again
    for (const FindRow& row : rows)
        BOOST_TEST_CONTEXT(row.name) { BOOST_TEST(status_of(catalog, row.id) == row.expected); }
}

BOOST_AUTO_TEST_CASE(id_is_not_read_beyond_its_end) {
    const std::string_view longer = "abc";
    BOOST_TEST(status_in(foreign, longer.substr(0, 1)) == "complete");
}

BOOST_AUTO_TEST_CASE(row_that_another_process_adds_is_seen) {
    Catalog catalog{shipped, default_query};
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
    Catalog catalog{shipped, default_query};
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
    {.name = "status_in_capitals", .query = "SELECT title AS STATUS FROM videos WHERE id = ?1",
     .expected = "has no result column named status"},
    {.name = "no_parameter", .query = "SELECT status FROM videos", .expected = "does not have one parameter"},
    {.name = "two_parameters", .query = "SELECT status FROM videos WHERE id = ?1 AND title = ?2",
     .expected = "does not have one parameter"},
    {.name = "writes", .query = "UPDATE videos SET status = 'x' WHERE id = ?1 RETURNING status",
     .expected = "does not only read"},
    {.name = "deletes", .query = "DELETE FROM videos WHERE id = ?1", .expected = "does not only read"},
    {.name = "two_statements", .query = "SELECT status FROM videos WHERE id = ?1; DELETE FROM videos",
     .expected = "is not one statement"},
    {.name = "empty", .query = "", .expected = "is not one statement"},
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
            BOOST_TEST(message_of<CatalogError>([&] { Catalog(foreign, row.query).check(); }) == message);
        }
    }
    BOOST_TEST(status_in(foreign, "a") == "complete");
    BOOST_TEST(status_in(foreign, "b") == "pending");
}

// Columns that need not be there

/// Writes a row, "-" for what is absent.
std::string describe(const std::optional<VideoRow>& row) {
    if (!row) return "(no row)";
    return row->status + "|" + row->file.value_or("-") + "|" + row->media_type.value_or("-") + "|" +
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
        BOOST_TEST_CONTEXT(row.name) { BOOST_TEST(describe(Catalog(foreign, row.query).find(row.id)) == row.expected); }
}

BOOST_AUTO_TEST_CASE(columns_of_one_row_do_not_stay_for_the_next) {
    run_sqlite(foreign, schema_of_columns);
    Catalog catalog{foreign, all_columns};
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
    Catalog catalog{foreign, every_column};
    BOOST_TEST(status_of(catalog, "a") == "complete");
    BOOST_TEST(status_of(catalog, "b") == "pending");
    run_sqlite(foreign, "ALTER TABLE changing DROP COLUMN title;");
    BOOST_TEST(status_of(catalog, "b") == "pending");
    BOOST_TEST(status_of(catalog, "a") == "complete");
}

BOOST_AUTO_TEST_CASE(schema_changes_before_a_missing_row_is_looked_for) {
    run_sqlite(foreign, changing_schema);
    Catalog catalog{foreign, every_column};
    BOOST_TEST(status_of(catalog, "b") == "pending");
    run_sqlite(foreign, "ALTER TABLE changing DROP COLUMN title;");
    BOOST_TEST(status_of(catalog, "missing") == "(no row)");
    BOOST_TEST(status_of(catalog, "b") == "pending");
}

BOOST_AUTO_TEST_CASE(column_that_another_process_adds_is_used) {
    run_sqlite(foreign, changing_schema);
    Catalog catalog{foreign, every_column};
    BOOST_TEST(describe(catalog.find("a")) == "complete|-|-|-");
    run_sqlite(foreign, "ALTER TABLE changing ADD COLUMN file; UPDATE changing SET file = 'a/1.mp4' WHERE id = 'a';");
    BOOST_TEST(describe(catalog.find("a")) == "complete|a/1.mp4|-|-");
    BOOST_TEST(describe(catalog.find("b")) == "pending|-|-|-");
}

BOOST_AUTO_TEST_CASE(column_of_the_status_vanishes) {
    run_sqlite(foreign, changing_schema);
    Catalog catalog{foreign, every_column};
    BOOST_TEST(status_of(catalog, "a") == "complete");
    run_sqlite(foreign, "ALTER TABLE changing RENAME COLUMN status TO state;");
    const std::string message = message_of<CatalogError>([&] { catalog.find("a"); });
    BOOST_TEST(message == "look up a: " + foreign.native() +
                              ": the query has no result column named status any more; see --query");
    BOOST_CHECK_THROW(catalog.find("a"), CatalogError);
    run_sqlite(foreign, "ALTER TABLE changing RENAME COLUMN state TO status;");
    BOOST_TEST(status_of(catalog, "a") == "complete");
}

BOOST_AUTO_TEST_CASE(table_vanishes) {
    run_sqlite(foreign, changing_schema);
    Catalog catalog{foreign, every_column};
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
        std::optional<VideoRow> found;
        bool is_there = false, has_thrown = false;
        std::string wrong;
        std::optional<Catalog> catalog;
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

// Descriptors

std::ptrdiff_t open_descriptors() {
    return std::distance(fs::directory_iterator{"/proc/self/fd"}, fs::directory_iterator{});
}

BOOST_AUTO_TEST_CASE(check_after_find_leaves_no_descriptor_behind) {
    for (const fs::path& database : {foreign, shipped}) {
        BOOST_TEST_CONTEXT(database) {
            const std::ptrdiff_t before = open_descriptors();
            {
                Catalog catalog{database, default_query};
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
    Catalog catalog{foreign, default_query};
    catalog.find("a");
    folder.write("new.db", std::string(8192, 'x'));
    fs::rename(folder / "new.db", foreign);
    BOOST_CHECK_THROW(catalog.check(), CatalogError);
    BOOST_TEST(open_descriptors() == before);
}

// Catalogues that are none, or broken

BOOST_AUTO_TEST_CASE(catalogue_that_is_missing) {
    const fs::path missing = folder / "missing.db";
    const std::string expected = "open catalogue: " + missing.native() + ": No such file or directory; "
                                 "`reelgate init` makes a catalogue, --database names another";
    BOOST_TEST(failure(missing) == expected);
    BOOST_TEST(message_of<CatalogError>([&] { Catalog(missing, default_query).check(); }) == expected);
    BOOST_TEST(!fs::exists(missing));  // looking does not make one
}

BOOST_AUTO_TEST_CASE(catalogue_that_is_a_folder) {
    const std::string message = failure(folder.path());
    BOOST_TEST(contains(message, folder.path().native() + ": is a folder"), message);
}

struct ContentRow {
    std::string_view name;
    std::string content;
    std::string_view expected;
};

const ContentRow contents[] = {
    {.name = "empty_file", .content = "", .expected = "no such table: videos; the file is empty (0 bytes): "},
    {.name = "garbage", .content = std::string(8192, 'x'), .expected = "not an SQLite database, or an encrypted one; restore it"},
    {.name = "short_garbage", .content = "hello", .expected = "not an SQLite database"},
};

BOOST_AUTO_TEST_CASE(file_that_is_no_catalogue) {
    for (const ContentRow& row : contents) {
        BOOST_TEST_CONTEXT(row.name) {
            const fs::path path = folder.write("file.db", row.content);
            const std::string message = failure(path);
            BOOST_TEST(contains(message, path.native() + ": " + std::string{row.expected}), message);
            BOOST_TEST(read_file(path) == row.content);
        }
    }
}

BOOST_AUTO_TEST_CASE(corrupt_page) {
    run_sqlite(foreign, "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)"
                        "INSERT INTO videos SELECT 'x' || i, 'complete', hex(zeroblob(20)) FROM n;");
    constexpr std::streamoff first_page = 4096;
    std::fstream file{foreign, std::ios::in | std::ios::out | std::ios::binary};
    file.seekp(first_page);
    file << std::string(static_cast<std::size_t>(fs::file_size(foreign) - first_page), '\xff');
    file.close();
    const std::string message = failure(foreign);
    BOOST_TEST(contains(message, "look up a: " + foreign.native() + ": corrupt; restore it"), message);
}

/// A writer that was killed leaves a journal, which only somebody who may write can roll back.
BOOST_AUTO_TEST_CASE(change_that_was_not_finished) {
    {
        SqliteShell application{foreign};
        application.execute("PRAGMA cache_size = 1; CREATE TABLE large (x); BEGIN; WITH RECURSIVE n (i) AS (SELECT 1 UNION "
                            "ALL SELECT i + 1 FROM n WHERE i < 500) INSERT INTO large SELECT hex(zeroblob(999)) FROM n; "
                            "UPDATE videos SET status = 'half';");
        for (const char* const suffix : {"", "-journal"})
            fs::copy_file(foreign.native() + suffix, (folder / "left.db").native() + suffix);
    }
    const std::string message = failure(folder / "left.db");
    BOOST_TEST(contains(message, "left.db: a writer ended in the middle of a change, "), message);
    run(remedy_in(message) + " > /dev/null");
    BOOST_TEST(status_in(folder / "left.db", "a") == "complete");
}

/// The end of the limit is told apart from a file that cannot be opened.
BOOST_AUTO_TEST_CASE(no_descriptor_for_it) {
    const std::string text = in_child([&] {
        // The same exception once before: a sanitizer takes descriptors itself when it first sees a type.
        failure(folder / "missing.db");
        const rlimit limit{.rlim_cur = 40, .rlim_max = 40};
        setrlimit(RLIMIT_NOFILE, &limit);
        while (dup(STDERR_FILENO) >= 0) continue;
        return failure(foreign);
    });
    BOOST_TEST(text == "open catalogue: " + foreign.native() + ": Too many open files: all 40 that this process may have "
                       "are in use; raise the limit (`ulimit -n`, LimitNOFILE= of systemd), or lower --max-viewers");
}

BOOST_AUTO_TEST_CASE(truncated_file) {
    run_sqlite(foreign, "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)"
                        "INSERT INTO videos SELECT 'x' || i, 'complete', hex(zeroblob(20)) FROM n;");
    fs::resize_file(foreign, 4096);
    const std::string message = failure(foreign);
    BOOST_TEST(contains(message, foreign.native() + ": corrupt; restore it"), message);
}

BOOST_AUTO_TEST_CASE(mended_behind_the_same_path) {
    const std::string good = read_file(foreign);
    const fs::path path = folder.write("file.db", std::string(8192, 'x'));
    Catalog catalog{path, default_query};
    BOOST_CHECK_THROW(catalog.find("a"), CatalogError);
    folder.write("file.db", good);
    BOOST_TEST(status_of(catalog, "a") == "complete");
}

BOOST_AUTO_TEST_CASE(made_after_the_first_look) {
    Catalog catalog{folder / "late.db", default_query};
    BOOST_CHECK_THROW(catalog.find("a"), CatalogError);
    run_sqlite(folder / "late.db", foreign_schema);
    BOOST_TEST(status_of(catalog, "a") == "complete");
}

// Locked by a writer

BOOST_AUTO_TEST_CASE(locked_before_it_is_opened) {
    Catalog catalog{foreign, default_query};
    SqliteShell application{foreign};
    application.execute("BEGIN EXCLUSIVE;");
    const std::string message = message_of<CatalogError>([&] { catalog.find("a"); });
    BOOST_TEST(contains(message, foreign.native() + ": locked by a writer, process " + std::to_string(application.id()) +
                                     " (sqlite3), for longer than reelgate waits; it is free when that commits"),
               message);
    application.execute("COMMIT;");
    BOOST_TEST(status_of(catalog, "a") == "complete");
}

BOOST_AUTO_TEST_CASE(locked_while_it_is_open) {
    Catalog catalog{foreign, default_query};
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
    Catalog catalog{shipped, default_query};
    {
        SqliteShell application{shipped};
        application.execute("PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE; COMMIT;");
        const std::string message = message_of<CatalogError>([&] { catalog.find("a"); });
        BOOST_TEST(contains(message, "process " + std::to_string(application.id()) + " (sqlite3)"), message);
    }
    BOOST_TEST(status_of(catalog, "a") == "complete");
}

BOOST_AUTO_TEST_CASE(writer_looks_at_the_lock_first_and_shortly) {
    for (const fs::path& database : {foreign, shipped}) {
        BOOST_TEST_CONTEXT(database) {
            CatalogWriter writer{database};
            SqliteShell application{database};
            application.execute("BEGIN IMMEDIATE;");
            const std::string message = message_of<CatalogError>([&] { writer.check(); });
            BOOST_TEST(contains(message, "write catalogue: " + database.native() + ": locked by a writer, process " +
                                             std::to_string(application.id())), message);
            application.execute("COMMIT;");
            writer.check();
            application.execute("BEGIN IMMEDIATE; COMMIT;");  // a look leaves no lock behind
        }
    }
}

BOOST_AUTO_TEST_CASE(waiting_for_a_lock_is_short) {
    SqliteShell application{foreign};
    application.execute("BEGIN EXCLUSIVE;");
    const auto begin = std::chrono::steady_clock::now();
    BOOST_CHECK_THROW(status_in(foreign, "a"), CatalogError);
    const auto waited = std::chrono::steady_clock::now() - begin;
    BOOST_TEST((waited >= std::chrono::milliseconds{200}));
    BOOST_TEST((waited < std::chrono::seconds{5}));  // 250 ms, and time for a machine that is busy
}

BOOST_AUTO_TEST_CASE(locked_is_good_enough_at_start_up) {
    Catalog catalog{foreign, default_query};
    SqliteShell application{foreign};
    application.execute("BEGIN EXCLUSIVE;");
    BOOST_TEST(message_of<CatalogError>([&] { catalog.check(); }) == "nothing thrown");
    application.execute("COMMIT;");
    BOOST_TEST(status_of(catalog, "a") == "complete");
}

// Replaced by rename: a restored backup, a replica

BOOST_AUTO_TEST_CASE(replaced_by_rename_is_noticed) {
    Catalog catalog{foreign, default_query};
    BOOST_TEST(status_of(catalog, "a") == "complete");
    run_sqlite(folder / "new.db", "CREATE TABLE videos (id, status); INSERT INTO videos VALUES ('a', 'restored');");
    fs::rename(folder / "new.db", foreign);
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{10};
    std::string status;
    do {
        status = status_of(catalog, "a");
    } while (status == "complete" && std::chrono::steady_clock::now() < deadline);
    BOOST_TEST(status == "restored");
}

/// As `cp backup.db catalog.db; rm catalog.db-wal catalog.db-shm` does: the file stays, what belongs to it goes.
BOOST_AUTO_TEST_CASE(restored_in_place_without_its_shared_memory_is_noticed) {
    run_sqlite(foreign, "PRAGMA journal_mode = WAL;");
    fs::copy_file(foreign, folder / "backup.db");
    Catalog catalog{foreign, default_query}, idle{foreign, default_query};
    BOOST_TEST(status_of(catalog, "a") == "complete");
    BOOST_TEST(status_of(idle, "a") == "complete");
    fs::copy_file(folder / "backup.db", foreign, fs::copy_options::overwrite_existing);
    for (const char* companion : {"-wal", "-shm"}) fs::remove(foreign.native() + companion);
    run_sqlite(foreign, "UPDATE videos SET status = 'gone';");
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{10};
    std::string status;
    do {
        status = status_of(catalog, "a");
    } while (status == "complete" && std::chrono::steady_clock::now() < deadline);
    BOOST_TEST(status == "gone");
    BOOST_TEST(status_of(idle, "a") == "gone");
    // From here on at once: both have the shared memory that the writer has.
    run_sqlite(foreign, "UPDATE videos SET status = 'back';");
    BOOST_TEST(status_of(catalog, "a") == "back");
    BOOST_TEST(status_of(idle, "a") == "back");
}

BOOST_AUTO_TEST_CASE(look_up_without_end_is_given_up) {
    const std::string endless = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
                                "SELECT i AS status FROM n WHERE i < 0 AND ?1 = 'a'";
    Catalog catalog{foreign, endless};
    const std::string message = message_of<CatalogError>([&] { catalog.find("a"); });
    BOOST_TEST(contains(message, "look up a: " + foreign.native() + ": took longer than 3 s and was given up"), message);
    BOOST_TEST(contains(message, endless), message);
}

BOOST_AUTO_TEST_CASE(fifo_in_its_place) {
    const std::string fifo = folder / "fifo.db";
    BOOST_TEST_REQUIRE(mkfifo(fifo.c_str(), 0666) == 0);
    Catalog catalog{fifo, default_query};
    BOOST_TEST(message_of<CatalogError>([&] { catalog.check(); }) ==
               "open catalogue: " + fifo + ": is not a regular file; --database names one");
    BOOST_TEST(message_of<CatalogError>([&] { CatalogWriter{fifo}; }) ==
               "open catalogue: " + fifo + ": is not a regular file; --database names one");
}

// What is no file, under a name that is SQLite's

struct BesideRow {
    std::string_view name;
    std::string_view ending;
    bool is_wal = false;
    bool is_open = false;  ///< the catalogue, when it comes
};

constexpr BesideRow besides[] = {
    {.name = "journal", .ending = "-journal"},
    {.name = "journal_while_it_is_open", .ending = "-journal", .is_open = true},
    {.name = "journal_in_wal_mode", .ending = "-journal", .is_wal = true},
    {.name = "log", .ending = "-wal", .is_wal = true},
    {.name = "log_without_wal_mode", .ending = "-wal"},
    {.name = "shared_memory", .ending = "-shm", .is_wal = true},
};

/// In a child, since a FIFO that is waited for would otherwise hold up all tests.
BOOST_AUTO_TEST_CASE(fifo_beside_it) {
    for (const BesideRow& row : besides) {
        BOOST_TEST_CONTEXT(row.name) {
            const fs::path database = row.is_wal ? shipped : foreign;
            const fs::path fifo = database.native() + std::string{row.ending};
            const std::string text = in_child([&] {
                Catalog catalog{database, default_query};
                if (row.is_open) catalog.find("a");
                fs::remove(fifo);  // what a reader has left there, which is empty
                if (mkfifo(fifo.c_str(), 0666) != 0) posix::throw_errno("create", fifo.native());
                const std::string message = message_of<CatalogError>([&] { catalog.find("a"); });
                const std::string again = message_of<CatalogError>([&] { catalog.find("b"); });
                fs::remove(fifo);
                return message + "\n" + again + "\n" + status_of(catalog, "a");
            });
            const std::string why = database.native() + ": " + fifo.native() +
                                    ": is not a regular file, and SQLite needs the name; remove it: `rm " +
                                    fifo.native() + "`\n";
            BOOST_TEST(contains(text, why), text);
            BOOST_TEST(text.ends_with("\ncomplete"), text);
            BOOST_TEST(contains(text.substr(text.find('\n')), why), text);
            fs::remove(fifo);
        }
    }
}

BOOST_AUTO_TEST_CASE(folder_beside_it) {
    fs::create_directory(foreign.native() + "-journal");
    const std::string message = failure(foreign);
    BOOST_TEST(contains(message, "-journal: is not a regular file, and SQLite needs the name; remove it: `rm -r "), message);
    run(remedy_in(message));
    BOOST_TEST(status_in(foreign, "a") == "complete");
}

BOOST_AUTO_TEST_CASE(removed_is_noticed) {
    Catalog catalog{foreign, default_query};
    BOOST_TEST(status_of(catalog, "a") == "complete");
    fs::remove(foreign);
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{10};
    std::string message;
    do {
        message = message_of<CatalogError>([&] { catalog.find("a"); });
    } while (message == "nothing thrown" && std::chrono::steady_clock::now() < deadline);
    BOOST_TEST(contains(message, foreign.native() + ": No such file or directory"), message);
}

// Rights: the message names what, whose right and the command that mends it

enum class Journal { wal, other };

struct RightsRow {
    std::string_view name;
    std::string command;  ///< takes the right away; "DIR" and "DB" are what their names say
    std::string_view expected;
    Journal journal = Journal::wal;
};

const RightsRow taken_rights[] = {
    {.name = "file", .command = "chmod 600 DB", .expected = "DB: USER may not read it, which is root:root's and has "
                                                            "mode 0600; `chgrp nogroup DB && chmod g+r DB`"},
    {.name = "file_of_our_own", .command = "chown nobody DB && chmod 200 DB",
     .expected = "DB: USER may not read it, which is nobody:root's and has mode 0200; `chmod u+r DB`"},
    {.name = "file_of_our_group", .command = "chgrp nogroup DB && chmod 600 DB",
     .expected = "DB: USER may not read it, which is root:nogroup's and has mode 0600; `chmod g+r DB`"},
    {.name = "folder", .command = "chmod 700 DIR",
     .expected = "DB: DIR: USER may not search it, which is root:root's and has mode 0700; `chmod o+x DIR`"},
    {.name = "folder_for_new_shared_memory", .command = "rm -f DB-shm DB-wal && chmod 755 DIR",
     .expected = "DB: DIR: USER may not make files in it, which is root:root's and has mode 0755; `chgrp nogroup DIR && "
                 "chmod g+wxs DIR`, as WAL mode needs DB-shm even to read; or take the catalogue out of WAL mode: "
                 "`sqlite3 DB 'PRAGMA journal_mode = DELETE'`"},
    {.name = "shared_memory", .command = "chmod 600 DB-shm",
     .expected = "DB: DB-shm: USER may not read and write it, which is root:root's and has mode 0600; `chgrp nogroup "
                 "DB-shm && chmod g+rw DB-shm`, as WAL mode needs DB-shm even to read; "},
    {.name = "log", .command = "chmod 600 DB-wal",
     .expected = "DB: DB-wal: USER may not read it, which is root:root's and has mode 0600; `chgrp nogroup DB-wal && "
                 "chmod g+r DB-wal`"},
    {.name = "file_outside_wal_mode", .command = "chmod 600 DB", .expected = "DB: USER may not read it, ",
     .journal = Journal::other},
};

std::string filled(std::string text, const fs::path& folder) {
    const std::pair<std::string_view, std::string> places[] = {
        {"DIR", folder.native()}, {"DB", (folder / "catalog.db").native()}, {"USER", posix::user()}};
    for (const auto& [name, place] : places)
        for (std::size_t at = 0; (at = text.find(name, at)) != std::string::npos; at += place.size())
            text.replace(at, name.size(), place);
    return text;
}

/// A folder with a catalogue that an ordinary user can use, and with another application that has it open.
void check_rights(const TemporaryFolder& outer, const RightsRow& row) {
    const fs::path folder = outer.make_folder(row.name), database = folder / "catalog.db";
    run_sqlite(database, foreign_schema);
    if (row.journal == Journal::wal) run_sqlite(database, "PRAGMA journal_mode = WAL;");
    SqliteShell application{database};
    application.execute("UPDATE videos SET title = 'B';");
    run("chmod 755 " + folder.native() + "; chmod 666 " + database.native() + "*");
    BOOST_TEST(as_ordinary_user([&] { return status_in(database, "a"); }) == "complete");
    run(filled(row.command, folder));
    const std::string text = as_ordinary_user(
        [&] { return failure(database) + "\n" + filled(std::string{row.expected}, folder); });
    const std::string message = text.substr(0, text.find('\n')), expected = text.substr(text.find('\n') + 1);
    BOOST_TEST(contains(message, expected), message << " does not contain " << expected);
    run(remedy_in(message));
    BOOST_TEST(as_ordinary_user([&] { return status_in(database, "a"); }) == "complete");
}

BOOST_AUTO_TEST_CASE(right_that_is_missing_is_given_by_the_command_in_the_message,
                     *boost::unit_test::precondition([](auto) { return geteuid() == 0; })) {
    for (const RightsRow& row : taken_rights) BOOST_TEST_CONTEXT(row.name) { check_rights(folder, row); }
}

BOOST_AUTO_TEST_CASE(file_that_may_not_be_read) {
    fs::permissions(foreign, fs::perms::none);
    const std::string text = as_ordinary_user([&] { return failure(foreign); });
    BOOST_TEST(contains(text, "open catalogue: " + foreign.native() + ": user "), text);
    BOOST_TEST(contains(text, " may not read it"), text);
}

/// To open and close a file gives up the locks that the process has on it, whichever thread took them.
BOOST_AUTO_TEST_CASE(explanation_leaves_the_locks_of_other_threads) {
    CatalogWriter writer{foreign};
    writer.insert("new", "pending");
    const auto write = [&] { run_sqlite(foreign, "INSERT INTO videos (id) VALUES ('x');"); };
    BOOST_REQUIRE(contains(message_of<std::runtime_error>(write), "sqlite3: failed"));
    BOOST_TEST(contains(failure(foreign, "SELECT status FROM films WHERE id = ?1"), "no such table: films"));
    BOOST_TEST(contains(message_of<std::runtime_error>(write), "sqlite3: failed"));
    writer.commit();
}

BOOST_AUTO_TEST_CASE(readable_catalogue_outside_wal_mode_needs_no_other_right) {
    fs::permissions(foreign, fs::perms{0444});
    fs::permissions(folder.path(), fs::perms{0555});
    BOOST_TEST(as_ordinary_user([&] { return status_in(foreign, "a"); }) == "complete");
}

// The shipped schema

BOOST_AUTO_TEST_CASE(created_catalogue_is_empty_and_in_wal_mode) {
    create_catalog(folder / "new.db");
    BOOST_TEST(status_in(folder / "new.db", "a") == "(no row)");
    BOOST_TEST(run_sqlite(folder / "new.db", "PRAGMA journal_mode;") == "wal\n");
}

BOOST_AUTO_TEST_CASE(created_again_leaves_what_is_there) {
    create_catalog(shipped);
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
            const std::string message = message_of<CatalogError>([&] { create_catalog(folder / row.file); });
            BOOST_TEST(contains(message, "create catalogue: " + (folder / row.file).native() + ": "), message);
            BOOST_TEST(contains(message, row.expected), message);
            BOOST_TEST(!contains(message, "reelgate init"), message);  // which is what has just failed
        }
    }
    BOOST_TEST(status_in(foreign, "a") == "complete");
}

// Writing

BOOST_AUTO_TEST_CASE(insert_is_invisible_until_commit) {
    CatalogWriter writer{shipped};
    writer.insert("new", "complete");
    BOOST_TEST(status_in(shipped, "new") == "(no row)");
    writer.commit();
    BOOST_TEST(status_in(shipped, "new") == "complete");
}

BOOST_AUTO_TEST_CASE(insert_without_commit_leaves_nothing) {
    CatalogWriter{shipped}.insert("new", "complete");
    BOOST_TEST(status_in(shipped, "new") == "(no row)");
    record(shipped, "new", "complete");
    BOOST_TEST(status_in(shipped, "new") == "complete");
}

BOOST_AUTO_TEST_CASE(writer_finds_any_status) {
    record(shipped, "p", "pending");
    CatalogWriter writer{shipped};
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
    const std::string message = message_of<CatalogError>([&] { CatalogWriter{folder / "missing.db"}; });
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
}  // namespace reelgate::media
