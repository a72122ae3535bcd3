// Owns the tests of what a Reader remembers and for how long, with real SQLite files that other processes change.
// Whether SQLite was asked is told by the locks that it takes.
// Does not test many processes at once: tests/program/catalogue_fire_test.py does.
// SPDX-License-Identifier: MIT
#include "catalog/cache.h"

#include <cstdlib>

#include "catalog_fixture.h"
#include "sqlite_locks.h"

namespace reelgate::catalog {
namespace {

constexpr std::string_view schema =
    "PRAGMA journal_mode = WAL;"
    "CREATE TABLE videos (id TEXT PRIMARY KEY, status, title TEXT COLLATE NOCASE,"
    "                     shout TEXT AS (upper(status)) VIRTUAL, loud TEXT AS (status || '!') STORED);"
    "INSERT INTO videos (id, status, title) VALUES ('a', 'complete', 'A film'), ('b', 'pending', 'Another');"
    "CREATE TABLE tags (id TEXT, document TEXT);"
    "INSERT INTO tags VALUES ('a', '{\"status\": \"complete\"}');";

struct CacheFixture : Fixture {
    fs::path wal = folder / "wal.db";

    CacheFixture() {
        BOOST_TEST_REQUIRE(count_sqlite_locks());
        run_sqlite(wal, schema);
    }
};

/// Finds the status of `id`, with a note if that is remembered.
std::string look(Reader& catalog, std::string_view id) {
    const std::size_t before = sqlite_locks;
    const std::string status = status_of(catalog, id);
    return sqlite_locks == before ? status + ", remembered" : status;
}

BOOST_FIXTURE_TEST_SUITE(catalog_cache, CacheFixture)

BOOST_AUTO_TEST_CASE(answer_is_remembered) {
    Reader catalog{wal, default_query};
    BOOST_TEST(look(catalog, "a") == "complete");
    BOOST_TEST(look(catalog, "a") == "complete, remembered");
    BOOST_TEST(look(catalog, "b") == "pending");
    BOOST_TEST(look(catalog, "none") == "(no row)");
    for (int i = 0; i < 3; ++i) {
        BOOST_TEST(look(catalog, "none") == "(no row), remembered");
        BOOST_TEST(look(catalog, "b") == "pending, remembered");
        BOOST_TEST(look(catalog, "a") == "complete, remembered");
    }
}

BOOST_AUTO_TEST_CASE(all_columns_are_remembered) {
    run_sqlite(wal, "CREATE TABLE files (id, status, file, media_type, etag);"
                    "INSERT INTO files VALUES ('all', 'complete', 'a/b.webm', 'video/webm', 'v1'),"
                    "                         ('some', NULL, 'x', '', 'tag');");
    Reader catalog{wal, "SELECT * FROM files WHERE id = ?1"};
    for (int i = 0; i < 2; ++i) {
        const auto all = catalog.find("all"), some = catalog.find("some");
        BOOST_TEST_REQUIRE((all && some));
        BOOST_TEST((all->status == "complete" && all->file == "a/b.webm" && all->media_type == "video/webm" &&
                    all->etag == "v1"));
        BOOST_TEST((!some->status && some->file == "x" && !some->media_type && some->etag == "tag"));
    }
}

// Which queries

struct QueryRow {
    std::string_view name;
    std::string query;
    std::string schema = {};  ///< in addition
};

const QueryRow pure[] = {
    {.name = "join", .query = "SELECT v.status FROM videos v JOIN tags t ON t.id = v.id WHERE v.id = ?1"},
    {.name = "subquery",
     .query = "SELECT (SELECT status FROM videos WHERE id = t.id) AS status FROM tags t WHERE id = ?1"},
    {.name = "union", .query = "SELECT status FROM videos WHERE id = ?1 UNION SELECT id FROM tags WHERE id = ?1"},
    {.name = "common_table", .query = "WITH c AS (SELECT * FROM videos) SELECT status FROM c WHERE id = ?1"},
    {.name = "like", .query = "SELECT status FROM videos WHERE id LIKE ?1"},
    {.name = "glob", .query = "SELECT status FROM videos WHERE id GLOB ?1"},
    {.name = "case",
     .query = "SELECT CASE WHEN title LIKE 'A f%' THEN 'complete' END AS status FROM videos WHERE id = ?1"},
    {.name = "functions",
     .query = "SELECT Coalesce(NULLIF(trim(status), ''), 'x') AS status FROM videos WHERE id = ?1"},
    {.name = "aggregate", .query = "SELECT max(status) AS status, COUNT(*) FROM videos WHERE id = ?1"},
    {.name = "json", .query = "SELECT document ->> 'status' AS status FROM tags WHERE id = ?1"},
    {.name = "collation", .query = "SELECT status FROM videos WHERE id = ?1 AND title = 'a FILM' COLLATE NOCASE"},
    {.name = "generated_column", .query = "SELECT shout AS status FROM videos WHERE id = ?1"},
    {.name = "stored_generated_column", .query = "SELECT loud AS status FROM videos WHERE id = ?1"},
    {.name = "view", .query = "SELECT status FROM v WHERE id = ?1",
     .schema = "CREATE VIEW v AS SELECT id, status FROM videos"},
    {.name = "view_of_a_view", .query = "SELECT status FROM w WHERE id = ?1",
     .schema = "CREATE VIEW v AS SELECT id, status FROM videos;"
               "CREATE VIEW w AS SELECT id, lower(status) AS status FROM v"},
    {.name = "without_rowid", .query = "SELECT status FROM t WHERE id = ?1",
     .schema = "CREATE TABLE t (id PRIMARY KEY, status) WITHOUT ROWID; INSERT INTO t VALUES ('a', 'x')"},
    {.name = "table_named_like_a_virtual_one", .query = "SELECT status FROM json_each WHERE id = ?1",
     .schema = "CREATE TABLE json_each (id, status); INSERT INTO json_each VALUES ('a', 'x')"},
    {.name = "index_of_an_expression", .query = "SELECT status FROM videos WHERE lower(id) = ?1",
     .schema = "CREATE INDEX i ON videos (lower(id))"},
};

const std::string where = " AS status FROM videos WHERE id = ?1";

const QueryRow impure[] = {
    {.name = "random", .query = "SELECT random()" + where},
    {.name = "random_in_capitals", .query = "SELECT RANDOM()" + where},
    {.name = "randomblob", .query = "SELECT hex(randomblob(4))" + where},
    {.name = "changes", .query = "SELECT changes()" + where},
    {.name = "total_changes", .query = "SELECT total_changes()" + where},
    {.name = "last_insert_rowid", .query = "SELECT last_insert_rowid()" + where},
    {.name = "current_timestamp", .query = "SELECT CURRENT_TIMESTAMP" + where},
    {.name = "current_date", .query = "SELECT current_date" + where},
    {.name = "current_time", .query = "SELECT CURRENT_TIME" + where},
    {.name = "datetime", .query = "SELECT datetime('now')" + where},
    {.name = "date_of_a_constant", .query = "SELECT date(0)" + where},
    {.name = "julianday", .query = "SELECT julianday()" + where},
    {.name = "strftime", .query = "SELECT strftime('%s', 'now')" + where},
    {.name = "unixepoch", .query = "SELECT unixepoch()" + where},
    {.name = "now_in_the_condition", .query = "SELECT status FROM videos WHERE id = ?1 AND '2000' < datetime('now')"},
    {.name = "now_in_a_subquery", .query = "SELECT (SELECT time('now') FROM tags)" + where},
    {.name = "random_order", .query = "SELECT status FROM videos WHERE id = ?1 ORDER BY random()"},
    {.name = "now_in_a_view", .query = "SELECT status FROM v WHERE id = ?1",
     .schema = "CREATE VIEW v AS SELECT id, status FROM videos WHERE '2000' < datetime('now')"},
    {.name = "current_timestamp_in_a_view_of_a_view", .query = "SELECT status FROM w WHERE id = ?1",
     .schema = "CREATE VIEW v AS SELECT id, CURRENT_TIMESTAMP AS status FROM videos; CREATE VIEW w AS SELECT * FROM v"},
    {.name = "recursion", .query = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3)"
                                   " SELECT max(i) AS status FROM n, videos WHERE id = ?1"},
    {.name = "schema_table", .query = "SELECT type AS status FROM sqlite_master WHERE ?1 = 'a'"},
    {.name = "temporary_schema",
     .query = "SELECT status FROM videos WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM temp.sqlite_master)"},
    {.name = "pragma_table", .query = "SELECT journal_mode AS status FROM pragma_journal_mode WHERE ?1 = 'a'"},
    {.name = "json_each", .query = "SELECT value AS status FROM json_each('[1]') WHERE ?1 = 'a'"},
    {.name = "json_tree_in_a_view", .query = "SELECT status FROM v WHERE ?1 = id",
     .schema = "CREATE VIEW v AS SELECT 'a' AS id, value AS status FROM json_each('[1]')"},
    {.name = "virtual_table", .query = "SELECT id AS status FROM r WHERE ?1 = 'a'",
     .schema = "CREATE VIRTUAL TABLE r USING rtree (id, low, high); INSERT INTO r VALUES (1, 2, 3)"},
    {.name = "virtual_table_that_prepares_nothing", .query = "SELECT name AS status FROM d WHERE ?1 = 'a'",
     .schema = "CREATE VIRTUAL TABLE d USING dbstat"},
    {.name = "virtual_table_beside_ordinary_ones",
     .query = "SELECT status FROM videos WHERE id = ?1 AND EXISTS (SELECT 1 FROM r)",
     .schema = "CREATE VIRTUAL TABLE r USING rtree (id, low, high); INSERT INTO r VALUES (1, 2, 3)"},
    {.name = "function_of_a_library", .query = "SELECT sqlite_compileoption_get(0)" + where},
};

BOOST_AUTO_TEST_CASE(pure_query_is_remembered) {
    for (const QueryRow& row : pure) {
        BOOST_TEST_CONTEXT(row.name) {
            const fs::path database = folder / std::string{row.name};
            run_sqlite(database, std::string{schema} + row.schema + ";");
            Reader catalog{database, row.query};
            const std::string status = look(catalog, "a");
            BOOST_TEST(status != "(no row)");
            BOOST_TEST(look(catalog, "a") == status + ", remembered");
        }
    }
}

BOOST_AUTO_TEST_CASE(impure_query_is_not) {
    for (const QueryRow& row : impure) {
        BOOST_TEST_CONTEXT(row.name) {
            const fs::path database = folder / std::string{row.name};
            run_sqlite(database, std::string{schema} + row.schema + ";");
            Reader catalog{database, row.query};
            for (int i = 0; i < 3; ++i) BOOST_TEST(!contains(look(catalog, "a"), "remembered"));
        }
    }
}

BOOST_AUTO_TEST_CASE(query_of_more_tables_than_are_told_apart_is_not) {
    std::string query = "SELECT status FROM videos WHERE id = ?1", tables;
    for (std::size_t i = 0; i < Uses::max_tables; ++i) {
        tables += "CREATE TABLE t" + std::to_string(i) + " (x);";
        query += " AND NOT EXISTS (SELECT x FROM t" + std::to_string(i) + ")";
    }
    run_sqlite(wal, tables);
    Reader catalog{wal, query};
    for (int i = 0; i < 3; ++i) BOOST_TEST(look(catalog, "a") == "complete");
}

// How long

struct ChangeRow {
    std::string_view name;
    std::string_view sql;
    std::string_view a = "complete", b = "pending", c = "(no row)";
};

constexpr ChangeRow changes[] = {
    {.name = "update", .sql = "UPDATE videos SET status = 'gone' WHERE id = 'a';", .a = "gone"},
    {.name = "delete", .sql = "DELETE FROM videos WHERE id = 'a';", .a = "(no row)"},
    {.name = "insert", .sql = "INSERT INTO videos (id, status) VALUES ('c', 'new');", .c = "new"},
    {.name = "transaction", .sql = "BEGIN; UPDATE videos SET status = 'both'; COMMIT;", .a = "both", .b = "both"},
    {.name = "of_another_row", .sql = "UPDATE videos SET status = 'gone' WHERE id = 'b';", .b = "gone"},
    {.name = "and_passive_checkpoint", .sql = "UPDATE videos SET status = 'x'; PRAGMA wal_checkpoint(PASSIVE);",
     .a = "x", .b = "x"},
    {.name = "and_full_checkpoint", .sql = "UPDATE videos SET status = 'x'; PRAGMA wal_checkpoint(FULL);", .a = "x",
     .b = "x"},
    {.name = "and_restart_checkpoint", .sql = "UPDATE videos SET status = 'x'; PRAGMA wal_checkpoint(RESTART);",
     .a = "x", .b = "x"},
    {.name = "and_truncating_checkpoint", .sql = "UPDATE videos SET status = 'x'; PRAGMA wal_checkpoint(TRUNCATE);",
     .a = "x", .b = "x"},
    {.name = "after_truncating_checkpoint", .sql = "PRAGMA wal_checkpoint(TRUNCATE); UPDATE videos SET status = 'x';",
     .a = "x", .b = "x"},
    {.name = "vacuum", .sql = "VACUUM;"},
    {.name = "and_vacuum", .sql = "DELETE FROM videos WHERE id = 'b'; VACUUM;", .b = "(no row)"},
    {.name = "columns_in_another_order", .sql = "ALTER TABLE videos ADD COLUMN more;"},
    {.name = "column_of_the_same_name", .sql = "ALTER TABLE videos RENAME COLUMN status TO old;"
                                               "ALTER TABLE videos ADD COLUMN status DEFAULT 'default';",
     .a = "default", .b = "default"},
    {.name = "table_of_the_same_name", .sql = "BEGIN; DROP TABLE videos; CREATE TABLE videos (status, id);"
                                              "INSERT INTO videos VALUES ('other', 'a'); COMMIT;",
     .a = "other", .b = "(no row)"},
    {.name = "index", .sql = "CREATE INDEX i ON videos (status); ANALYZE; REINDEX;"},
};

BOOST_AUTO_TEST_CASE(change_is_seen_by_the_next_look_up) {
    for (const ChangeRow& row : changes) {
        BOOST_TEST_CONTEXT(row.name) {
            const fs::path database = folder / std::string{row.name};
            run_sqlite(database, schema);
            Reader catalog{database, "SELECT * FROM videos WHERE id = ?1"};
            SqliteShell application{database};
            for (const char* const id : {"a", "b", "c", "a", "b", "c"}) catalog.find(id);
            application.execute(row.sql);
            for (const std::string_view id : {"a", "b", "c"}) {
                const std::string status{id == "a" ? row.a : id == "b" ? row.b : row.c};
                BOOST_TEST(look(catalog, id) == status);
                BOOST_TEST(look(catalog, id) == status + ", remembered");
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(what_is_not_committed_changes_nothing) {
    Reader catalog{wal, default_query};
    SqliteShell application{wal};
    BOOST_TEST(look(catalog, "a") == "complete");
    application.execute("BEGIN; UPDATE videos SET status = 'gone';");
    BOOST_TEST(look(catalog, "a") == "complete, remembered");
    application.execute("ROLLBACK;");
    BOOST_TEST(look(catalog, "a") == "complete, remembered");
}

BOOST_AUTO_TEST_CASE(checkpoint_changes_nothing_to_be_seen) {
    Reader catalog{wal, default_query};
    SqliteShell application{wal};
    application.execute("UPDATE videos SET status = 'x';");
    BOOST_TEST(look(catalog, "a") == "x");
    application.execute("PRAGMA wal_checkpoint(PASSIVE);");
    BOOST_TEST(look(catalog, "a") == "x, remembered");
}

BOOST_AUTO_TEST_CASE(view_is_judged_anew_when_it_changes) {
    run_sqlite(wal, "CREATE VIEW v AS SELECT id, status FROM videos;");
    Reader catalog{wal, "SELECT status FROM v WHERE id = ?1"};
    BOOST_TEST(look(catalog, "a") == "complete");
    BOOST_TEST(look(catalog, "a") == "complete, remembered");
    SqliteShell application{wal};
    application.execute("DROP VIEW v; CREATE VIEW v AS SELECT id, status || time('now') AS status FROM videos;");
    for (int i = 0; i < 3; ++i) BOOST_TEST(!contains(look(catalog, "a"), "remembered"));
    application.execute("DROP VIEW v; CREATE VIEW v AS SELECT 'a' AS id, document AS status FROM tags;");
    const std::string document = look(catalog, "a");
    BOOST_TEST(look(catalog, "a") == document + ", remembered");
    application.execute("DROP VIEW v; CREATE VIEW v AS SELECT 'a' AS id, value AS status FROM json_each('[1]');");
    for (int i = 0; i < 3; ++i) BOOST_TEST(look(catalog, "a") == "1");
}

BOOST_AUTO_TEST_CASE(error_is_not_remembered) {
    Reader catalog{wal, default_query};
    SqliteShell application{wal};
    BOOST_TEST(look(catalog, "a") == "complete");
    application.execute("ALTER TABLE videos RENAME TO films;");
    for (int i = 0; i < 3; ++i) BOOST_CHECK_THROW(catalog.find("a"), CatalogError);
    application.execute("ALTER TABLE films RENAME TO videos;");
    BOOST_TEST(look(catalog, "a") == "complete");
    BOOST_TEST(look(catalog, "a") == "complete, remembered");
}

BOOST_AUTO_TEST_CASE(row_that_is_too_long_is_asked_for_again) {
    run_sqlite(wal, "UPDATE videos SET status = printf('%.*c', 300, 'x') WHERE id = 'a';");
    Reader catalog{wal, default_query};
    for (int i = 0; i < 3; ++i) BOOST_TEST(look(catalog, "a") == std::string(300, 'x'));
}

// Whose

BOOST_AUTO_TEST_CASE(what_a_closed_connection_knew_is_forgotten) {
    Reader catalog{wal, default_query};
    BOOST_TEST(look(catalog, "a") == "complete");
    open_readers().close_all();
    BOOST_TEST(look(catalog, "a") == "complete");
    BOOST_TEST(look(catalog, "a") == "complete, remembered");
    catalog.check();
    BOOST_TEST(look(catalog, "a") == "complete");
}

BOOST_AUTO_TEST_CASE(replaced_by_rename_is_noticed) {
    Reader catalog{wal, default_query};
    BOOST_TEST(look(catalog, "a") == "complete");
    BOOST_TEST(look(catalog, "a") == "complete, remembered");
    run_sqlite(folder / "new.db", "CREATE TABLE videos (id, status); INSERT INTO videos VALUES ('a', 'restored');");
    fs::rename(folder / "new.db", wal);
    remove_companions(wal);
    BOOST_TEST(other_than("complete", catalog) == "restored");
}

BOOST_AUTO_TEST_CASE(missing_shared_memory_is_noticed) {
    Reader catalog{wal, default_query}, idle{wal, default_query};
    BOOST_TEST(look(catalog, "a") == "complete");
    BOOST_TEST(look(idle, "a") == "complete");
    run_sqlite(wal, "PRAGMA wal_checkpoint(TRUNCATE);");
    remove_companions(wal);
    run_sqlite(wal, "UPDATE videos SET status = 'gone';");
    BOOST_TEST(other_than("complete", catalog) == "gone");
    BOOST_TEST(look(idle, "a") == "gone");
    BOOST_TEST(look(idle, "a") == "gone, remembered");
    run_sqlite(wal, "UPDATE videos SET status = 'back';");
    BOOST_TEST(look(idle, "a") == "back");
}

/// A writer that dies between the two copies of the header leaves this. Written by another process: closing the file
/// here would release SQLite's locks on it.
BOOST_AUTO_TEST_CASE(damaged_header_is_left_to_sqlite) {
    Reader catalog{wal, default_query};
    BOOST_TEST(look(catalog, "a") == "complete");
    run_sqlite(wal, "UPDATE videos SET status = 'x';");
    BOOST_TEST(look(catalog, "a") == "x");
    BOOST_TEST(look(catalog, "a") == "x, remembered");
    run("printf '\\377' | dd of='" + wal.native() + "-shm' bs=1 seek=56 conv=notrunc status=none");
    BOOST_TEST(look(catalog, "a") == "x");  // SQLite mends it
    BOOST_TEST(look(catalog, "a") == "x");
    BOOST_TEST(look(catalog, "a") == "x, remembered");
}

/// Who may only read the shared memory has it mapped, too, while another has the catalogue open.
BOOST_AUTO_TEST_CASE(shared_memory_that_may_only_be_read,
                     *boost::unit_test::precondition([](auto) { return geteuid() == 0; })) {
    SqliteShell application{wal};
    application.execute("UPDATE videos SET status = 'x';");
    run("chmod 755 '" + folder.path().native() + "'; chmod 644 '" + wal.native() + "'*");
    BOOST_TEST(as_ordinary_user([&] {
        Reader catalog{wal, default_query};
        std::string seen;
        for (const char* const change : {"", "", "UPDATE videos SET status = 'y';", ""}) {
            application.execute(change);
            seen += look(catalog, "a") + "; ";
        }
        return seen;
    }) == "x; x, remembered; y; y, remembered; ");
}

// Only in WAL mode

BOOST_AUTO_TEST_CASE(rollback_journal_is_asked_each_time) {
    Reader catalog{foreign, default_query};
    for (int i = 0; i < 3; ++i) BOOST_TEST(look(catalog, "a") == "complete");
    BOOST_TEST(!fs::exists(foreign.native() + "-shm"));
    BOOST_TEST(!fs::exists(foreign.native() + "-wal"));
}

BOOST_AUTO_TEST_CASE(changed_to_wal_mode_while_it_is_open) {
    Reader catalog{foreign, default_query};
    BOOST_TEST(look(catalog, "a") == "complete");
    {
        SqliteShell application{foreign};
        application.execute("PRAGMA journal_mode = WAL; UPDATE videos SET status = 'x';");
        // Whoever closes last takes the shared memory away, unless we have it open by then.
    }
    BOOST_TEST(!fs::exists(foreign.native() + "-shm"));
    BOOST_TEST(look(catalog, "a") == "x");
    BOOST_TEST(fs::exists(foreign.native() + "-shm"));
    BOOST_TEST(look(catalog, "a") == "x");
    BOOST_TEST(look(catalog, "a") == "x, remembered");
    run_sqlite(foreign, "UPDATE videos SET status = 'y';");
    BOOST_TEST(look(catalog, "a") == "y");
}

/// Our lock holds: this is what lets an answer be remembered.
BOOST_AUTO_TEST_CASE(wal_mode_cannot_be_left_while_it_is_open) {
    Reader catalog{wal, default_query};
    BOOST_TEST(look(catalog, "a") == "complete");
    // Its own word for it would look like a failure here.
    BOOST_TEST(system(("sqlite3 '" + wal.native() + "' 'PRAGMA journal_mode = DELETE' 2> /dev/null").c_str()) != 0);
    BOOST_TEST(look(catalog, "a") == "complete, remembered");
    open_readers().close_all();
    run_sqlite(wal, "PRAGMA journal_mode = DELETE; UPDATE videos SET status = 'x';");
    for (int i = 0; i < 3; ++i) BOOST_TEST(look(catalog, "a") == "x");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::catalog
