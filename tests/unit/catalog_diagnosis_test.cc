// Owns the tests of why a catalogue cannot be used: broken files, wrong files, missing rights, and the remedy that each
// message names.
// SPDX-License-Identifier: MIT
#include "catalog/diagnosis.h"

#include <sys/stat.h>
#include <sys/resource.h>

#include <chrono>
#include <fstream>

#include "catalog_fixture.h"
#include "fail_test.h"
#include "posix/account.h"

namespace reelgate::catalog {
namespace {

BOOST_FIXTURE_TEST_SUITE(catalog_diagnosis, Fixture)

// Catalogues that are none, or broken

BOOST_AUTO_TEST_CASE(catalogue_that_is_missing) {
    const fs::path missing = folder / "missing.db";
    const std::string expected = "open catalogue: " + missing.native() + ": No such file or directory; "
                                 "`reelgate init` makes a catalogue, --database names another";
    BOOST_TEST(failure(missing) == expected);
    BOOST_TEST(message_of<CatalogError>([&] { Reader(missing, default_query).check(); }) == expected);
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
    Reader catalog{path, default_query};
    BOOST_CHECK_THROW(catalog.find("a"), CatalogError);
    folder.write("file.db", good);
    BOOST_TEST(status_of(catalog, "a") == "complete");
}

BOOST_AUTO_TEST_CASE(made_after_the_first_look) {
    Reader catalog{folder / "late.db", default_query};
    BOOST_CHECK_THROW(catalog.find("a"), CatalogError);
    run_sqlite(folder / "late.db", foreign_schema);
    BOOST_TEST(status_of(catalog, "a") == "complete");
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
                Reader catalog{database, default_query};
                if (row.is_open) catalog.find("a");
                fs::remove(fifo);  // what a reader has left there, which is empty
                if (mkfifo(fifo.c_str(), 0666) != 0) fail_test("create", fifo.native());
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
    Reader catalog{foreign, default_query};
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

/// Fills in what the names stand for, but not in what was filled in: a temporary folder may have "DB" in its own name.
std::string filled(std::string text, const fs::path& folder) {
    const std::pair<std::string_view, std::string> places[] = {
        {"DIR", folder.native()}, {"DB", (folder / "catalog.db").native()}, {"USER", posix::user()}};
    for (std::size_t at = 0; at < text.size(); ++at) {
        for (const auto& [name, place] : places) {
            if (text.compare(at, name.size(), name) != 0) continue;
            text.replace(at, name.size(), place);
            at += place.size() - 1;
            break;
        }
    }
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
    run_sqlite(foreign, "ALTER TABLE videos ADD COLUMN added_at;");
    Writer writer{foreign};
    const auto transaction = writer.begin();
    writer.insert({.id = "new", .status = "pending"});
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

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::catalog
