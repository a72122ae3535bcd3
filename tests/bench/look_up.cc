// Owns measuring a look-up in the catalogue: one that is remembered, one for which SQLite is asked, and one that asks
// who may watch.
// Does not judge: scripts/bench prints the goals beside the figures.
//
//     look_up FOLDER
//
// Prints a line a row: name, nanoseconds, allocations by operator new; the time is the median of several rounds.
// SPDX-License-Identifier: MIT
#include <sqlite3.h>

#include <array>
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

/// The same film without what is remembered: a query that names the time asks SQLite for each look-up.
constexpr const char* plain_query =
    "SELECT status, file, media_type, etag FROM videos WHERE id = :id AND :_now_epoch IS NOT NULL";

constexpr const char* session_query =
    "SELECT v.status, v.file, v.media_type, v.etag, CASE WHEN s.user IS NULL THEN 401 WHEN g.user IS NULL THEN 403"
    " ELSE 200 END AS allow FROM videos v"
    " LEFT JOIN sessions s ON s.token = :_cookie_session AND s.expires > :_now_epoch"
    " LEFT JOIN grants g ON g.user = s.user AND g.video = v.id WHERE v.id = :id";

/// Videos, sessions and grants of a catalogue.
constexpr std::size_t rows = 20'000;

std::string id_of(std::size_t number) { return "film-" + std::to_string(number); }

/// Makes a catalogue of so many videos, sessions and grants: each user has a session, and may watch one film. Returns
/// its path.
std::string make_catalogue(const std::string& path, const char* journal_mode) {
    sqlite3* connection = nullptr;
    const std::string sql = std::string{"PRAGMA journal_mode = "} + journal_mode +
                            "; CREATE TABLE videos (id TEXT PRIMARY KEY, status, file, media_type, etag);"
                            "CREATE TABLE sessions (token TEXT PRIMARY KEY, user, expires) WITHOUT ROWID;"
                            "CREATE TABLE grants (user INTEGER, video TEXT, PRIMARY KEY (user, video)) WITHOUT ROWID;"
                            "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < " +
                            std::to_string(rows - 1) +
                            ") INSERT INTO videos SELECT 'film-' || i, 'complete', '2026/film-' || i || '.webm',"
                            " 'video/webm', hex(randomblob(16)) FROM n;"
                            "INSERT INTO sessions SELECT printf('%032x', rowid * 7919), rowid - 1, 4000000000"
                            " FROM videos;"
                            "INSERT INTO grants SELECT rowid - 1, id FROM videos";
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

/// Looks up films for the users who may watch them, each with a cookie of its own among others.
void measure_sessions(const char* name, const std::string& database, const char* sql) {
    constexpr std::size_t count = 10'000;
    std::vector<std::string> ids;
    std::vector<http::Request> requests;
    for (std::size_t i = 0; i < count; ++i) {
        std::array<char, 33> token;
        std::snprintf(token.data(), token.size(), "%032zx", (i + 1) * 7919);
        ids.push_back(id_of(i));
        http::Request request{.method = "GET", .target = "/api/stream/" + ids.back()};
        http::Variables& variables = request.variables.emplace();
        // As nginx sends them, but for the long ones.
        for (const char* const variable : {"QUERY_STRING", "REQUEST_METHOD", "CONTENT_TYPE", "CONTENT_LENGTH",
                                           "SCRIPT_NAME", "REQUEST_URI", "DOCUMENT_URI", "DOCUMENT_ROOT",
                                           "SERVER_PROTOCOL", "REQUEST_SCHEME", "GATEWAY_INTERFACE", "SERVER_SOFTWARE",
                                           "REMOTE_ADDR", "REMOTE_PORT", "SERVER_ADDR", "SERVER_PORT", "SERVER_NAME",
                                           "HTTP_HOST", "HTTP_USER_AGENT", "HTTP_ACCEPT", "HTTP_RANGE"})
            variables.add(variable, "a value of some length");
        variables.add("HTTP_COOKIE", std::string{"theme=dark; session="} + token.data() + "; lang=en");
        requests.push_back(std::move(request));
    }
    catalog::Reader reader{database, sql};
    std::size_t next = 0, granted = 0;
    const auto once = [&] {
        const auto row = reader.find({ids[next], &requests[next], 1'700'000'000, false});
        granted += row && row->permission != catalog::Permission::forbidden ? 1 : 0;
        next = (next + 1) % count;
    };
    for (std::size_t i = 0; i < count; ++i) once();
    if (granted != count) std::exit(EXIT_FAILURE);
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
    measure_sessions("10,000 ids, not remembered", wal, plain_query);
    measure_sessions("10,000 sessions and their grants", wal, session_query);
}
