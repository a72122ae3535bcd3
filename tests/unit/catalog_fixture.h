// Owns what the tests of the catalogue share: real SQLite files, our own and another application's.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include <boost/test/unit_test.hpp>

#include "catalog/reader.h"
#include "catalog/writer.h"
#include "child_process.h"
#include "messages.h"
#include "temporary_folder.h"

namespace reelgate::catalog {

namespace fs = std::filesystem;

inline constexpr const char* default_query = "SELECT status FROM videos WHERE id = ?1";

/// A table of another application's, not in WAL mode.
inline constexpr std::string_view foreign_schema =
    "CREATE TABLE videos (id TEXT PRIMARY KEY, status, title TEXT);"
    "INSERT INTO videos VALUES ('a', 'complete', 'A film'), ('b', 'pending', 'Another'), ('n', NULL, ''), ('i', 7, ''),"
    "                          ('f', 1.5, ''), ('e', '', ''), ('u', 'vollständig', '');";

inline std::string status_of(Reader& catalog, std::string_view id) {
    const auto row = catalog.find(id);
    return row ? row->status.value_or("") : "(no row)";
}

inline std::string status_in(const fs::path& database, std::string_view id, std::string query = default_query) {
    Reader catalog{database, std::move(query)};
    return status_of(catalog, id);
}

inline std::string failure(const fs::path& database, const std::string& query = default_query) {
    return message_of<CatalogError>([&] { status_in(database, "a", query); });
}

/// Looks up 'a' until it has another status than `known`, or for ten seconds: another file is noticed within a second.
inline std::string other_than(std::string_view known, Reader& catalog) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{10};
    std::string status;
    do {
        status = status_of(catalog, "a");
    } while (status == known && std::chrono::steady_clock::now() < deadline);
    return status;
}

/// Removes the log of a database and its shared memory, as somebody does who puts a copy in its place.
inline void remove_companions(const fs::path& database) {
    for (const char* const ending : {"-wal", "-shm"}) fs::remove(database.native() + ending);
}

inline void record(const fs::path& database, std::string_view id, std::string_view status) {
    Writer writer{database};
    const auto transaction = writer.begin();
    writer.insert({.id = std::string{id}, .status = std::string{status}});
    writer.commit();
}

/// Gives the first command between grave accents in a message; empty where there is none.
inline std::string remedy_in(std::string_view message) {
    const auto begin = message.find('`');
    if (begin == std::string_view::npos) return {};
    return std::string{message.substr(begin + 1, message.find('`', begin + 1) - begin - 1)};
}

inline void run(const std::string& command) { BOOST_REQUIRE_MESSAGE(std::system(command.c_str()) == 0, "fails: " + command); }

/// What `reelgate init` of version 0.1 made.
inline constexpr std::string_view schema_of_0_1 =
    "CREATE TABLE videos (id TEXT PRIMARY KEY NOT NULL, status TEXT NOT NULL DEFAULT 'pending',"
    "                     added_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))) WITHOUT ROWID;"
    "INSERT INTO videos (id, status) VALUES ('a', 'complete'); PRAGMA journal_mode = WAL;";

/// A folder with a catalogue of the shipped schema and a foreign one.
struct Fixture {
    TemporaryFolder folder;
    fs::path shipped = folder / "shipped.db";
    fs::path foreign = folder / "foreign.db";

    Fixture() {
        catalog::create(shipped);
        record(shipped, "a", "complete");
        run_sqlite(foreign, foreign_schema);
    }
};

}  // namespace reelgate::catalog
