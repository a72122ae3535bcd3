// Owns measuring a look-up in the catalogue: one that is remembered, and one for which SQLite is asked.
// Does not judge: scripts/bench prints the goals beside the figures.
//
//     look_up FOLDER
//
// Prints a line a row: name, nanoseconds, allocations by operator new; the time is the median of several rounds.
// SPDX-License-Identifier: MIT
#include <sqlite3.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "catalog/reader.h"
#include "measure.h"

namespace {

using namespace reelgate;

constexpr std::chrono::milliseconds round_time{50};

constexpr const char* query = "SELECT status, file, media_type, etag FROM videos WHERE id = ?1";

std::string id_of(std::size_t number) { return "film-" + std::to_string(number); }

/// Makes a catalogue of 10,000 videos. Returns its path.
std::string make_catalogue(const std::string& path, const char* journal_mode) {
    sqlite3* connection = nullptr;
    const std::string sql = std::string{"PRAGMA journal_mode = "} + journal_mode +
                            "; CREATE TABLE videos (id TEXT PRIMARY KEY, status, file, media_type, etag);"
                            "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 9999)"
                            "INSERT INTO videos SELECT 'film-' || i, 'complete', '2026/film-' || i || '.webm',"
                            " 'video/webm', hex(randomblob(16)) FROM n";
    if (sqlite3_open(path.c_str(), &connection) != SQLITE_OK ||
        sqlite3_exec(connection, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
        std::fprintf(stderr, "look_up: %s: %s\n", path.c_str(), sqlite3_errmsg(connection));
        std::exit(EXIT_FAILURE);
    }
    sqlite3_close(connection);
    return path;
}

/// Looks up `count` ids in turn: a few are remembered, of many the first is forgotten before it comes again.
void measure(const char* name, const std::string& database, std::size_t first, std::size_t count) {
    std::vector<std::string> ids;
    for (std::size_t i = 0; i < count; ++i) ids.push_back(id_of(first + i));
    catalog::Reader reader{database, query};
    std::size_t next = 0, found = 0;
    const auto once = [&] { found += reader.find(ids[next++ % count]).has_value() ? 1 : 0; };
    for (std::size_t i = 0; i < count; ++i) once();
    const bench::Measured measured = bench::measure(round_time, 64, once);
    std::printf("%s\t%.0f\t%zu\n", name, measured.nanoseconds, measured.allocations);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) return EXIT_FAILURE;
    const std::string folder = argv[1];
    const std::string wal = make_catalogue(folder + "/wal.db", "WAL");
    const std::string rollback = make_catalogue(folder + "/rollback.db", "DELETE");
    measure("WAL mode, 100 ids in turn", wal, 0, 100);
    measure("WAL mode, an unknown id", wal, 1'000'000, 1);
    measure("WAL mode, 10,000 ids in turn", wal, 0, 10'000);
    measure("rollback journal, 100 ids in turn", rollback, 0, 100);
}
