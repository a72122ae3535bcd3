// Owns the tests of the way from a Request to an answer, with a real catalogue and real files.
// Does not test the decision about ranges: http_plan_test.cc does.
// SPDX-License-Identifier: MIT
#include "handler.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <chrono>

#include "catalog/writer.h"
#include "child_process.h"
#include "fail_test.h"
#include "failing_allocations.h"
#include "log.h"
#include "messages.h"
#include "position_coded.h"
#include "temporary_folder.h"

namespace reelgate {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view not_found = R"({"detail":"Video not found"})";
constexpr std::string_view not_complete = R"({"detail":"Video download not complete"})";
constexpr std::string_view not_allowed = R"({"detail":"Method not allowed"})";
constexpr std::string_view unreadable = R"({"detail":"Video file cannot be read"})";
constexpr std::string_view no_catalogue = R"({"detail":"Catalogue not available"})";
constexpr std::string_view too_many = R"({"detail":"Too many viewers"})";
constexpr std::string_view internal_error = R"({"detail":"Internal error"})";

http::Request request_for(std::string_view target, std::string_view method = "GET",
                          std::optional<std::string> range = std::nullopt) {
    return {.method = std::string{method}, .target = std::string{target}, .range = std::move(range)};
}

std::string field(const Outcome& outcome, std::string_view name) {
    const std::string* value = http::find_field(outcome.response, name);
    return value ? *value : "(absent)";
}

/// Reads the content as a sender would.
std::string content_of(const Outcome& outcome) {
    std::string text;
    for (const http::Piece& piece : outcome.response.pieces) {
        if (const auto* literal = std::get_if<std::string>(&piece)) {
            text += *literal;
            continue;
        }
        const auto range = std::get<http::ByteRange>(piece);
        std::string bytes(range.length(), '\0');
        const ssize_t n = pread(outcome.content().fd, bytes.data(), bytes.size(), static_cast<off_t>(range.first_pos));
        text += n == static_cast<ssize_t>(bytes.size()) ? bytes : "(cannot be read)";
    }
    return text;
}

std::string describe(const Outcome& outcome) {
    return std::to_string(outcome.response.status) + " " + content_of(outcome);
}

std::string expected(int status, std::string_view content) {
    return std::to_string(status) + " " + std::string{content};
}

/// Writes notes as the log does, a line each.
std::string text_of(const std::vector<Note>& notes) {
    std::string text;
    for (const Note& note : notes) {
        const LogLevel level = level_of(note.what.kind);
        const bool is_error = level == LogLevel::error, is_info = level == LogLevel::info;
        text.append(is_error ? "error: " : is_info ? "info: " : "warning: ");
        text.append(posix::text_of(note.what)).append("\n");
    }
    return text;
}

void set_date(const fs::path& path, std::int64_t seconds) {
    const timespec times[] = {{.tv_sec = 1, .tv_nsec = 0}, {.tv_sec = seconds, .tv_nsec = 0}};
    if (utimensat(AT_FDCWD, path.c_str(), times, 0) != 0) fail_test("date", path.native());
}

/// A data volume, as `reelgate init` makes it, with some videos.
struct Volume {
    TemporaryFolder folder;
    fs::path videos = folder.make_folder("videos");
    HandlerSettings settings{
        .places = {
            .database = folder / "catalog.db",
            .videos = {videos},
            .query = "SELECT status FROM videos WHERE id = ?1",
            .ready = "complete",
            .prefix = "/api/stream/",
        },
        .policy = {.cache_control = "private", .max_ranges = 100, .cors_origins = {}},
        .delivery = {},
    };

    Volume() {
        catalog::create(settings.places.database);
        add("film", position_coded(1000));
        add("empty", "");
        record("pending", "pending");
        folder.write("videos/pending.mp4", "half of it");
        record("gone", "complete");
        record("folder", "complete");
        folder.make_folder("videos/folder.mp4");
        record("leaves", "complete");
        folder.write("secret.mp4", "secret");
        fs::create_symlink("../secret.mp4", videos / "leaves.mp4");
        folder.write("videos/unrecorded.mp4", "unrecorded");
    }

    void record(std::string_view id, std::string_view status) const {
        catalog::Writer writer{settings.places.database};
        const auto transaction = writer.begin();
        writer.insert({.id = std::string{id}, .status = std::string{status}});
        writer.commit();
    }

    void add(const std::string& id, std::string_view content) const {
        folder.write("videos/" + id + ".mp4", content);
        record(id, "complete");
    }

    Outcome answer(const http::Request& request) const { return Handler{settings}.answer(request); }

    std::string notes_of(const http::Request& request) const { return text_of(answer(request).notes); }
};

struct AnswerRow {
    std::string_view name;
    std::string target;
    std::string_view method = "GET";
    int status = 404;
    std::string_view content;
};

BOOST_FIXTURE_TEST_SUITE(handler, Volume)

// Found

BOOST_AUTO_TEST_CASE(video_that_is_there) {
    const Outcome whole = answer(request_for("/api/stream/film"));
    BOOST_TEST(describe(whole) == expected(200, position_coded(1000)));
    BOOST_TEST(field(whole, "Content-Type") == "video/mp4");
    const Outcome part = answer(request_for("/api/stream/film", "GET", "bytes=16-31"));
    BOOST_TEST(describe(part) == expected(206, "0000016|0000024|"));
    BOOST_TEST(field(part, "Content-Range") == "bytes 16-31/1000");
    BOOST_TEST(describe(answer(request_for("/api/stream/empty"))) == expected(200, ""));
}

BOOST_AUTO_TEST_CASE(answers_follow_one_another) {
    Handler handler{settings};
    for (int i = 0; i < 3; ++i) {
        const Outcome found = handler.answer(request_for("/api/stream/film", "GET", "bytes=0-7"));
        BOOST_TEST(describe(found) == expected(206, "0000000|"));
        BOOST_TEST(describe(handler.answer(request_for("/api/stream/missing"))) == expected(404, not_found));
    }
}

// A failed allocation costs the request that it hits

BOOST_AUTO_TEST_CASE(allocation_that_fails) {
    add("other", "another film");
    Handler handler{settings};
    const http::Request request = request_for("/api/stream/film", "GET", "bytes=0-7");
    const http::Request other = request_for("/api/stream/other");
    const auto fail_one_after_another = [&](unsigned count) {
        std::optional<Outcome> given;
        std::string wrong;
        const auto answer = [&] {
            given.reset();
            try {
                given = handler.answer(request);
            } catch (const std::bad_alloc&) {
            }
        };
        for_each_failing_allocation(count, answer, [&](const std::string& which) {
            if (given && given->response.status < 500 && describe(*given) != expected(206, "0000000|"))
                wrong += which + ": " + describe(*given) + "\n";
            for (const auto& [next, content] : {std::pair{&other, expected(200, "another film")},
                                                std::pair{&request, expected(206, "0000000|")}})
                if (const std::string found = describe(handler.answer(*next)); found != content)
                    wrong += which + ", and then: " + found + "\n";
        });
        return wrong + (given ? "at last " + describe(*given) : "at last nothing");
    };
    // In a child, since a lock that is never given back would otherwise hold up all tests.
    for (const unsigned count : {1u, 30u})
        BOOST_TEST(in_child([&] { return fail_one_after_another(count); }) == "at last 206 0000000|", count);
}

// A server that asks first

struct AuthRow {
    std::string_view name;
    std::string target;
    std::string_view method = "GET";
    std::vector<std::string> rewritten = {};
    int status = 404;
    std::string_view id = "(absent)";
};

const AuthRow auth_rows[] = {
    {.name = "granted", .target = "/auth?/api/stream/film", .status = 204, .id = "film"},
    {.name = "granted_by_what_the_web_server_has_made_of_it", .target = "/api/stream/film", .rewritten = {"/auth"},
     .status = 204, .id = "film"},
    {.name = "granted_with_an_extension", .target = "/auth?/api/stream/film.mp4", .status = 204, .id = "film"},
    {.name = "file_that_is_gone_is_not_looked_for", .target = "/auth?/api/stream/gone", .status = 204, .id = "gone"},
    {.name = "log_in", .target = "/auth?/api/stream/empty", .status = 401, .id = "empty"},
    {.name = "forbidden", .target = "/auth?/api/stream/leaves", .status = 403, .id = "leaves"},
    {.name = "not_complete", .target = "/auth?/api/stream/pending", .status = 404, .id = "pending"},
    {.name = "invalid", .target = "/auth?/api/stream/folder", .status = 500, .id = "folder"},
    {.name = "missing", .target = "/auth?/api/stream/missing", .status = 404, .id = "missing"},
    {.name = "elsewhere", .target = "/auth?/private/film", .status = 404},
    {.name = "question_about_a_question", .target = "/auth?/auth", .status = 404},
    {.name = "path_that_is_resolved", .target = "/auth?/api/stream/x/../film", .status = 404},
    {.name = "none", .target = "/auth", .status = 404},
    {.name = "disputed", .target = "/auth?uri=/api/stream/film&uri=/api/stream/gone", .status = 403},
    {.name = "disputed_whatever_the_method", .target = "/auth?uri=/api/stream/film&uri=/api/stream/gone",
     .method = "POST", .status = 403},
    {.name = "link_in_front_without_keys", .target = "/auth?/bcdn_token=x/api/stream/film", .status = 404},
    {.name = "head", .target = "/auth?/api/stream/leaves", .method = "HEAD", .status = 403, .id = "leaves"},
    {.name = "post", .target = "/auth?/api/stream/leaves", .method = "POST", .status = 403, .id = "leaves"},
    {.name = "options", .target = "/auth?/api/stream/leaves", .method = "OPTIONS", .status = 204, .id = "leaves"},
};

BOOST_AUTO_TEST_CASE(server_that_asks_first) {
    settings.auth_path = "/auth";
    settings.policy.www_authenticate = "Basic";
    settings.policy.cors_origins = {"*"};
    settings.places.query = "SELECT status, CASE id WHEN 'empty' THEN 401 WHEN 'leaves' THEN 403 WHEN 'folder' THEN 'x'"
                            " ELSE 1 END AS allow FROM videos WHERE id = ?1";
    for (const AuthRow& row : auth_rows) {
        BOOST_TEST_CONTEXT(row.name) {
            http::Request request = request_for(row.target, row.method, "bytes=0-9");
            request.rewritten = row.rewritten;
            request.origin = "https://a.example";
            request.variables.emplace();
            const Outcome given = answer(request);
            BOOST_TEST(describe(given) == expected(row.status, ""));
            BOOST_TEST(given.id.value_or("(absent)") == row.id);
            BOOST_TEST(field(given, "Cache-Control") == "no-store");
            BOOST_TEST(field(given, "Vary") == "(absent)");
            BOOST_TEST(field(given, "WWW-Authenticate") == (row.status == 401 ? "Basic" : "(absent)"));
            BOOST_TEST(!given.film.has_value());
        }
    }
}

BOOST_AUTO_TEST_CASE(catalogue_that_fails_while_a_server_asks) {
    settings.auth_path = "/auth";
    settings.places.database = folder / "missing.db";
    http::Request request = request_for("/auth?/api/stream/film");
    request.variables.emplace();
    BOOST_TEST(describe(answer(request)) == expected(503, ""));
}

BOOST_AUTO_TEST_CASE(path_for_questions_is_nobodys_without_the_setting) {
    BOOST_TEST(describe(answer(request_for("/auth?/api/stream/film"))) == expected(404, not_found));
}

// A path that the web server has changed

struct RewrittenRow {
    std::string_view name;
    std::string target;
    std::vector<std::string> rewritten;
    std::string_view id = "(absent)";
    int status = 404;
    std::string_view disposition = "(absent)";
};

const RewrittenRow rewritten_rows[] = {
    {.name = "rewritten", .target = "/films/film", .rewritten = {"/api/stream/film"}, .id = "film", .status = 206},
    {.name = "elsewhere", .target = "/films/film", .rewritten = {"/film"}},
    {.name = "own_counts", .target = "/api/stream/film", .rewritten = {"/api/stream/gone"}, .id = "film",
     .status = 206},
    {.name = "own_counts_without_an_id", .target = "/api/stream/x/../film", .rewritten = {"/api/stream/film"}},
    {.name = "query_of_the_rewritten", .target = "/films/film?x", .rewritten = {"/api/stream/film?download=1"},
     .id = "film", .status = 206,
     .disposition = "attachment; filename=\"film.mp4\"; filename*=UTF-8''film.mp4"},
    {.name = "query_of_the_client_left_out", .target = "/films/film?download=1", .rewritten = {"/api/stream/film?x"},
     .id = "film", .status = 206},
};

BOOST_AUTO_TEST_CASE(path_that_the_web_server_has_changed) {
    for (const RewrittenRow& row : rewritten_rows) {
        BOOST_TEST_CONTEXT(row.name) {
            http::Request request = request_for(row.target, "GET", "bytes=0-9");
            request.rewritten = row.rewritten;
            const Outcome given = answer(request);
            BOOST_TEST(given.id.value_or("(absent)") == row.id);
            BOOST_TEST(given.response.status == row.status);
            BOOST_TEST(field(given, "Content-Disposition") == row.disposition);
        }
    }
}

// Not found: three texts

const AnswerRow not_found_rows[] = {
    {.name = "no_such_row", .target = "/api/stream/missing", .content = not_found},
    {.name = "file_without_a_row", .target = "/api/stream/unrecorded", .content = not_found},
    {.name = "another_path", .target = "/film", .content = not_found},
    {.name = "prefix_alone", .target = "/api/stream/", .content = not_found},
    {.name = "no_target", .target = "", .content = not_found},
    {.name = "encoded_slash", .target = "/api/stream/..%2Fsecret", .content = not_found},
    {.name = "encoded_nul", .target = "/api/stream/film%00", .content = not_found},
    {.name = "id_too_long", .target = "/api/stream/" + std::string(129, 'x'), .content = not_found},
    {.name = "dots", .target = "/api/stream/..", .content = not_found},
    {.name = "status_is_another", .target = "/api/stream/pending", .content = not_complete},
    {.name = "file_is_gone", .target = "/api/stream/gone", .content = R"({"detail":"Video file not found: gone"})"},
    {.name = "file_is_a_folder", .target = "/api/stream/folder",
     .content = R"({"detail":"Video file not found: folder"})"},
    {.name = "file_leads_out", .target = "/api/stream/leaves",
     .content = R"({"detail":"Video file not found: leaves"})"},
    {.name = "head", .target = "/api/stream/missing", .method = "HEAD", .content = ""},
};

BOOST_AUTO_TEST_CASE(video_that_is_not_there) {
    for (const AnswerRow& row : not_found_rows) {
        BOOST_TEST_CONTEXT(row.name) {
            const Outcome given = answer(request_for(row.target, row.method, "bytes=0-9"));
            BOOST_TEST(describe(given) == expected(row.status, row.content));
            BOOST_TEST(field(given, "Content-Type") == "application/json");
            BOOST_TEST(field(given, "Cache-Control") == "no-store");
            BOOST_TEST(field(given, "Content-Range") == "(absent)");
        }
    }
}

BOOST_AUTO_TEST_CASE(note_says_why_there_is_no_file) {
    BOOST_TEST(contains(notes_of(request_for("/api/stream/gone")),
                        "info: open gone: " + (videos / "gone.mp4").native() + ": No such file or directory"));
    BOOST_TEST(contains(notes_of(request_for("/api/stream/leaves")),
                        "warning: open leaves: " + (videos / "leaves.mp4").native() + ": leads out of the folder"));
    BOOST_TEST(contains(notes_of(request_for("/api/stream/folder")), "warning: open folder: "));
}

// RFC 9110 §15.5.6: methods

const AnswerRow methods[] = {
    {.name = "post", .target = "/api/stream/film", .method = "POST", .status = 405, .content = not_allowed},
    {.name = "delete", .target = "/api/stream/missing", .method = "DELETE", .status = 405, .content = not_allowed},
    {.name = "small_letters", .target = "/api/stream/film", .method = "get", .status = 405, .content = not_allowed},
    {.name = "no_method", .target = "/api/stream/film", .method = "", .status = 405, .content = not_allowed},
};

BOOST_AUTO_TEST_CASE(method_that_is_not_allowed) {
    for (const AnswerRow& row : methods) {
        BOOST_TEST_CONTEXT(row.name) {
            const Outcome given = answer(request_for(row.target, row.method));
            BOOST_TEST(describe(given) == expected(row.status, row.content));
            BOOST_TEST(field(given, "Allow") == "GET, HEAD, OPTIONS");
        }
    }
}

BOOST_AUTO_TEST_CASE(options_of_any_target) {
    for (const char* const target : {"/api/stream/film", "/api/stream/missing", "*", ""}) {
        BOOST_TEST_CONTEXT(target) {
            const Outcome given = answer(request_for(target, "OPTIONS"));
            BOOST_TEST(describe(given) == expected(204, ""));
            BOOST_TEST(field(given, "Allow") == "GET, HEAD, OPTIONS");
            BOOST_TEST(field(given, "Content-Length") == "(absent)");
        }
    }
}

// The settings

BOOST_AUTO_TEST_CASE(status_prefix_and_policy_are_the_administrators) {
    settings.places.ready = "pending";
    settings.places.prefix = "/v/";
    settings.policy.cache_control = "no-cache";
    settings.policy.max_ranges = 1;
    const Outcome given = answer(request_for("/v/pending", "GET", "bytes=0-3"));
    BOOST_TEST(describe(given) == expected(206, "half"));
    BOOST_TEST(field(given, "Cache-Control") == "no-cache");
    BOOST_TEST(describe(answer(request_for("/v/pending", "GET", "bytes=0-3,90-"))) == expected(200, "half of it"));
    settings.policy.max_ranges = 2;
    BOOST_TEST(describe(answer(request_for("/v/pending", "GET", "bytes=0-3,90-"))) == expected(206, "half"));
    BOOST_TEST(describe(answer(request_for("/v/film"))) == expected(404, not_complete));
    BOOST_TEST(describe(answer(request_for("/api/stream/pending"))) == expected(404, not_found));
}

// Columns of the catalogue beside the status: file, media_type, etag

/// An application's own table, and a query that gives all columns.
struct OwnTable : Volume {
    OwnTable() {
        run_sqlite(settings.places.database, "CREATE TABLE own (id TEXT PRIMARY KEY, file, media_type, etag);");
        settings.places.query = "SELECT 'complete' AS status, file, media_type, etag FROM own WHERE id = ?1";
        folder.make_folder("videos/series");
        folder.write("videos/series/1.webm", "series/1.webm's");
        folder.write("videos/raw", "raw's");
        folder.write("videos/v.m v", "v.m v's");
        set_date(videos / "film.mp4", 784'111'777);
    }

    /// Puts one row into the table; values as SQL has them.
    void put(std::string_view id, std::string_view values) const {
        run_sqlite(settings.places.database, "INSERT OR REPLACE INTO own VALUES ('" + std::string{id} + "', " +
                                          std::string{values} + ");");
    }
};

struct ColumnRow {
    std::string_view name;
    std::string_view value;     ///< as SQL has it
    std::string_view expected;  ///< content, or a field value
};

constexpr ColumnRow file_columns[] = {
    {.name = "null", .value = "NULL", .expected = "200 film's"},
    {.name = "empty", .value = "''", .expected = "200 film's"},
    {.name = "another_name", .value = "'raw'", .expected = "200 raw's"},
    {.name = "below_a_folder", .value = "'series/1.webm'", .expected = "200 series/1.webm's"},
    {.name = "dots_that_stay_inside", .value = "'series/../raw'", .expected = "200 raw's"},
    {.name = "missing", .value = "'missing.mp4'", .expected = R"(404 {"detail":"Video file not found: film"})"},
    {.name = "folder", .value = "'series'", .expected = R"(404 {"detail":"Video file not found: film"})"},
    {.name = "leaves_the_folder", .value = "'../secret.mp4'",
     .expected = R"(404 {"detail":"Video file not found: film"})"},
    {.name = "leaves_and_comes_back", .value = "'../videos/raw'", .expected = "200 raw's"},
    {.name = "absolute", .value = "'/etc/passwd'", .expected = R"(404 {"detail":"Video file not found: film"})"},
    {.name = "through_a_link", .value = "'leaves.mp4'", .expected = R"(404 {"detail":"Video file not found: film"})"},
};

BOOST_FIXTURE_TEST_CASE(file_that_the_catalogue_names, OwnTable) {
    folder.write("videos/film.mp4", "film's");
    for (const ColumnRow& row : file_columns) {
        BOOST_TEST_CONTEXT(row.name) {
            put("film", std::string{row.value} + ", NULL, NULL");
            BOOST_TEST(describe(answer(request_for("/api/stream/film"))) == row.expected);
        }
    }
}

BOOST_FIXTURE_TEST_CASE(note_names_the_file_that_leaves, OwnTable) {
    put("film", "'../secret.mp4', NULL, NULL");
    const std::string notes = notes_of(request_for("/api/stream/film"));
    BOOST_TEST(contains(notes, "warning: open film: " + (videos / "../secret.mp4").native() + ": leads out of"), notes);
}

constexpr ColumnRow media_type_columns[] = {
    {.name = "null", .value = "NULL", .expected = "video/mp4"},
    {.name = "empty", .value = "''", .expected = "video/mp4"},
    {.name = "another", .value = "'video/webm'", .expected = "video/webm"},
    {.name = "with_parameters", .value = "'video/webm; codecs=\"vp9\"'", .expected = "video/webm; codecs=\"vp9\""},
    {.name = "word", .value = "'webm'", .expected = "video/mp4"},
    {.name = "two_lines", .value = "'video/webm' || char(13, 10) || 'X: y'", .expected = "video/mp4"},
    {.name = "longer_than_a_field_may_be", .value = "'video/' || replace(hex(zeroblob(510)), '00', 'xx')",
     .expected = "video/mp4"},
};

BOOST_FIXTURE_TEST_CASE(media_type_that_the_catalogue_names, OwnTable) {
    for (const ColumnRow& row : media_type_columns) {
        BOOST_TEST_CONTEXT(row.name) {
            put("film", "NULL, " + std::string{row.value} + ", NULL");
            const Outcome part = answer(request_for("/api/stream/film", "GET", "bytes=0-7"));
            BOOST_TEST(describe(part) == "206 0000000|");
            BOOST_TEST(field(part, "Content-Type") == row.expected);
        }
    }
}

constexpr ColumnRow types_by_name[] = {
    {.name = "no_name", .value = "NULL, NULL", .expected = "video/mp4"},
    {.name = "webm", .value = "'series/1.webm', NULL", .expected = "video/webm"},
    {.name = "webm_that_is_called_another", .value = "'series/1.webm', 'video/x-own'", .expected = "video/x-own"},
    {.name = "no_extension", .value = "'raw', NULL", .expected = "video/mp4"},
    {.name = "unknown_extension", .value = "'v.m v', NULL", .expected = "application/octet-stream"},
};

BOOST_FIXTURE_TEST_CASE(media_type_by_the_name_of_the_file, OwnTable) {
    for (const ColumnRow& row : types_by_name) {
        BOOST_TEST_CONTEXT(row.name) {
            put("film", std::string{row.value} + ", NULL");
            BOOST_TEST(field(answer(request_for("/api/stream/film")), "Content-Type") == row.expected);
        }
    }
}

constexpr std::string_view own_tag = "\"2ebc98a1-3e8\"";  ///< of the file's date and length

constexpr ColumnRow etag_columns[] = {
    {.name = "null", .value = "NULL", .expected = own_tag},
    {.name = "empty", .value = "''", .expected = own_tag},
    {.name = "word", .value = "'v1'", .expected = "\"v1\""},
    {.name = "number", .value = "7", .expected = "\"7\""},
    {.name = "in_quotation_marks", .value = "'\"v1\"'", .expected = "\"v1\""},
    {.name = "nothing_in_quotation_marks", .value = "'\"\"'", .expected = "\"\""},
    {.name = "weak", .value = "'W/\"v1\"'", .expected = own_tag},
    {.name = "weak_without_quotes", .value = "'W/v1'", .expected = own_tag},
    {.name = "one_quotation_mark", .value = "'\"v1'", .expected = own_tag},
    {.name = "quotation_mark_inside", .value = "'v\"1'", .expected = own_tag},
    {.name = "list", .value = "'\"v1\", \"v2\"'", .expected = own_tag},
    {.name = "space", .value = "'v 1'", .expected = own_tag},
    {.name = "two_lines", .value = "'v1' || char(13, 10) || 'X: y'", .expected = own_tag},
    {.name = "longer_than_a_field_may_be", .value = "replace(hex(zeroblob(513)), '00', 'xx')", .expected = own_tag},
};

BOOST_FIXTURE_TEST_CASE(longest_texts_that_are_sent, OwnTable) {
    put("film", "NULL, 'video/' || replace(hex(zeroblob(509)), '00', 'xx'), replace(hex(zeroblob(512)), '00', 'xx')");
    const Outcome given = answer(request_for("/api/stream/film"));
    BOOST_TEST(field(given, "Content-Type") == "video/" + std::string(1018, 'x'));
    BOOST_TEST(field(given, "ETag") == "\"" + std::string(1024, 'x') + "\"");
}

/// A megabyte in each column: the fields of the answer stay within what a web server takes.
BOOST_FIXTURE_TEST_CASE(texts_of_a_megabyte, OwnTable) {
    put("film", "NULL, 'video/' || hex(zeroblob(500000)), hex(zeroblob(500000))");
    const Outcome given = answer(request_for("/api/stream/film", "GET", "bytes=0-7"));
    BOOST_TEST(describe(given) == "206 0000000|");
    std::size_t bytes = 0;
    for (const http::Field& each : given.response.fields) bytes += each.name.size() + each.value.size();
    BOOST_TEST(bytes < 1024u);
}

BOOST_FIXTURE_TEST_CASE(tag_that_the_catalogue_names, OwnTable) {
    for (const ColumnRow& row : etag_columns) {
        BOOST_TEST_CONTEXT(row.name) {
            put("film", "NULL, NULL, " + std::string{row.value});
            const Outcome given = answer(request_for("/api/stream/film"));
            BOOST_TEST(field(given, "ETag") == row.expected);
            BOOST_TEST(given.may_grow == (row.expected != own_tag));
        }
    }
}

BOOST_FIXTURE_TEST_CASE(tag_of_the_catalogue_is_the_one_compared, OwnTable) {
    put("film", "NULL, NULL, 'v1'");
    http::Request request = request_for("/api/stream/film");
    request.if_none_match = "\"v1\"";
    BOOST_TEST(describe(answer(request)) == "304 ");
    request.if_none_match = own_tag;
    BOOST_TEST(answer(request).response.status == 200);
}

struct IgnoredRow {
    std::string_view name;
    std::string_view values;  ///< of the row, as SQL has them
    std::string_view expected;
};

constexpr std::string_view ignored_as_others = " cannot be sent and is ignored, as others like it will be\n";

const IgnoredRow ignored[] = {
    {.name = "media_type", .values = "NULL, 'webm', NULL",
     .expected = "warning: catalogue: media_type of film: \"webm\""},
    {.name = "long_media_type", .values = "NULL, 'video/' || hex(zeroblob(510)), NULL",
     .expected = "warning: catalogue: media_type of film: "
                 "\"video/000000000000000000000000000000000000000000000000000000...\" of 1026 bytes"},
    {.name = "etag", .values = "NULL, NULL, 'v 1'", .expected = "warning: catalogue: etag of film: \"v 1\""},
    {.name = "long_etag", .values = "NULL, NULL, hex(zeroblob(513))",
     .expected = "warning: catalogue: etag of film: "
                 "\"000000000000000000000000000000000000000000000000000000000000...\" of 1026 bytes"},
};

BOOST_FIXTURE_TEST_CASE(value_that_cannot_be_sent_is_noted, OwnTable) {
    for (const IgnoredRow& row : ignored) {
        BOOST_TEST_CONTEXT(row.name) {
            put("film", row.values);
            BOOST_TEST(notes_of(request_for("/api/stream/film")) ==
                       std::string{row.expected}.append(ignored_as_others));
        }
    }
}

/// Each of a kind of its own: the log has the first of each.
BOOST_FIXTURE_TEST_CASE(each_column_is_noted_for_itself, OwnTable) {
    put("film", "NULL, 'webm', 'v 1'");
    const Outcome given = answer(request_for("/api/stream/film"));
    BOOST_REQUIRE(given.notes.size() == 2u);
    BOOST_TEST((given.notes[0].kind == Note::Kind::value));
    BOOST_TEST(given.notes[0].column == catalog::index_of(&catalog::Row::etag));
    BOOST_TEST((given.notes[1].kind == Note::Kind::value));
    BOOST_TEST(given.notes[1].column == catalog::index_of(&catalog::Row::media_type));
}

BOOST_FIXTURE_TEST_CASE(column_with_nothing_in_it_is_not_noted, OwnTable) {
    put("film", "'', '', ''");
    BOOST_TEST(notes_of(request_for("/api/stream/film")) == "");
}

// The web server sends the content

constexpr ColumnRow offloaded_columns[] = {
    {.name = "null", .value = "NULL", .expected = "/i/film.mp4"},
    {.name = "below_a_folder", .value = "'series/1.webm'", .expected = "/i/series/1.webm"},
    {.name = "blank", .value = "'v.m v'", .expected = "/i/v.m%20v"},
    {.name = "dots_that_stay_inside", .value = "'series/../raw'", .expected = "(absent)"},
    {.name = "leaves_the_folder", .value = "'../secret.mp4'", .expected = "(absent)"},
    {.name = "absolute", .value = "'/etc/passwd'", .expected = "(absent)"},
    {.name = "through_a_link", .value = "'leaves.mp4'", .expected = "(absent)"},
    {.name = "own_tag", .value = "'raw', NULL, 'x'", .expected = "(absent)"},
    {.name = "own_tag_that_is_the_same", .value = "'film.mp4', NULL, '2ebc98a1-3e8'", .expected = "/i/film.mp4"},
};

BOOST_FIXTURE_TEST_CASE(file_that_nginx_is_told, OwnTable) {
    settings.delivery.offload = Offload::x_accel_redirect;
    settings.delivery.offload_prefixes = {"/i/"};
    for (const ColumnRow& row : offloaded_columns) {
        BOOST_TEST_CONTEXT(row.name) {
            put("film", std::string{row.value} + (contains(row.value, ",") ? "" : ", NULL, NULL"));
            BOOST_TEST(field(answer(request_for("/api/stream/film")), "X-Accel-Redirect") == row.expected);
        }
    }
    put("film", "NULL, NULL, NULL");
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    set_date(videos / "film.mp4", now.time_since_epoch().count() + 86'400);
    // nginx would say a date that is yet to come.
    BOOST_TEST(field(answer(request_for("/api/stream/film")), "X-Accel-Redirect") == "(absent)");
}

BOOST_FIXTURE_TEST_CASE(file_that_other_web_servers_are_told, OwnTable) {
    settings.delivery.offload = Offload::x_sendfile;
    put("film", "'series/1.webm', NULL, 'x'");
    const std::string expected_path = (videos / "series/1.webm").native();
    const fs::path folder_of_data = videos.parent_path();
    for (const fs::path& spelling : {videos, videos / "", folder_of_data / "./videos",
                                     folder_of_data / "videos/../videos", fs::relative(videos)}) {
        BOOST_TEST_CONTEXT(spelling) {
            settings.places.videos = {spelling};
            const Outcome given = answer(request_for("/api/stream/film"));
            BOOST_TEST(field(given, "X-Sendfile") == expected_path);
            BOOST_TEST(field(given, "ETag") == "\"x\"");
        }
    }
    put("film", "'../secret.mp4', NULL, NULL");
    BOOST_TEST(field(answer(request_for("/api/stream/film")), "X-Sendfile") == "(absent)");
}

struct FolderRow {
    std::string_view name;
    std::string_view value;                           ///< of `file`, as SQL has it
    std::string_view accel_redirect, other_redirect;  ///< with a prefix for each folder, and with one for the first
    std::string_view sendfile;                        ///< below the folder of both
};

constexpr FolderRow folder_rows[] = {
    {.name = "first_folder", .value = "'raw'", .accel_redirect = "/i/raw", .other_redirect = "/i/raw",
     .sendfile = "videos/raw"},
    {.name = "second_folder", .value = "'b.mp4'", .accel_redirect = "/j/b.mp4", .other_redirect = "(absent)",
     .sendfile = "more/b.mp4"},
    {.name = "link_to_the_second_folder", .value = "'to_more.mp4'", .accel_redirect = "/j/b.mp4",
     .other_redirect = "(absent)", .sendfile = "more/b.mp4"},
    {.name = "link_within_a_folder", .value = "'link.mp4'", .accel_redirect = "/i/link.mp4",
     .other_redirect = "/i/link.mp4", .sendfile = "videos/link.mp4"},
};

BOOST_FIXTURE_TEST_CASE(folder_that_web_servers_are_told, OwnTable) {
    const fs::path more = folder.make_folder("more");
    folder.write("more/b.mp4", "b's");
    fs::create_symlink(more / "b.mp4", videos / "to_more.mp4");
    fs::create_symlink("raw", videos / "link.mp4");
    settings.places.videos.push_back(more);
    for (const FolderRow& row : folder_rows) {
        BOOST_TEST_CONTEXT(row.name) {
            put("film", std::string{row.value} + ", NULL, NULL");
            settings.delivery = {Offload::x_accel_redirect, {"/i/", "/j/"}};
            BOOST_TEST(field(answer(request_for("/api/stream/film")), "X-Accel-Redirect") == row.accel_redirect);
            settings.delivery = {Offload::x_accel_redirect, {"/i/"}};
            BOOST_TEST(field(answer(request_for("/api/stream/film")), "X-Accel-Redirect") == row.other_redirect);
            settings.delivery = {Offload::x_sendfile, {}};
            const std::string path = (videos.parent_path() / row.sendfile).native();
            BOOST_TEST(field(answer(request_for("/api/stream/film")), "X-Sendfile") == path);
        }
    }
}

BOOST_FIXTURE_TEST_CASE(folder_that_cannot_be_named_to_the_web_server, OwnTable) {
    settings.delivery.offload = Offload::x_sendfile;
    put("film", "NULL, NULL, NULL");
    const fs::path here = folder.make_folder("here");
    const std::string text = in_child([&] {
        fs::current_path(here);
        fs::remove(here);
        settings.places.videos = {"../videos"};
        return text_of(answer(request_for("/api/stream/film")).notes);
    });
    BOOST_TEST(text == "error: open folder of videos ../videos: No such file or directory\n");
}

/// Below folders whose names are as long as names may be.
BOOST_FIXTURE_TEST_CASE(file_whose_path_is_too_long_for_a_field, OwnTable) {
    const std::string folders = std::string(255, 'a') + "/" + std::string(255, 'b') + "/" + std::string(255, 'c') + "/";
    fs::create_directories(videos / folders);
    settings.delivery.offload = Offload::x_accel_redirect;
    settings.delivery.offload_prefixes = {"/i/"};
    // The prefix counts, and so does what is escaped.
    for (const auto& [name, is_sent] : {std::pair{std::string(1024 - 3 - 768, 'x'), true},
                                        std::pair{std::string(1024 - 3 - 768 - 1, 'x') + " ", false}}) {
        BOOST_TEST_CONTEXT(name.size() << " characters") {
            folder.write("videos/" + folders + name, "far down");
            put("film", "'" + folders + name + "', NULL, NULL");
            const Outcome given = answer(request_for("/api/stream/film"));
            const std::string path = field(given, "X-Accel-Redirect");
            BOOST_TEST(path.size() == (is_sent ? 1024u : std::string_view{"(absent)"}.size()));
            BOOST_TEST(describe(given) == (is_sent ? "200 " : "200 far down"));
            BOOST_TEST(text_of(given.notes) ==
                       (is_sent ? "" : "warning: catalogue: file of film: 1026 bytes are too many for "
                                       "X-Accel-Redirect: reelgate sends the film itself, and others like it\n"));
            BOOST_TEST((is_sent || given.notes.front().kind == Note::Kind::path));
        }
    }
}

// RFC 6266: what a saved copy is called

constexpr ColumnRow download_names[] = {
    {.name = "id_with_the_usual_extension", .value = "NULL", .expected = "film.mp4"},
    {.name = "extension_of_the_file", .value = "'series/1.webm'", .expected = "film.webm"},
    {.name = "file_without_an_extension", .value = "'raw'", .expected = "film"},
    {.name = "extension_that_is_no_part_of_a_name", .value = "'v.m v'", .expected = "film"},
};

BOOST_FIXTURE_TEST_CASE(name_of_a_download, OwnTable) {
    for (const ColumnRow& row : download_names) {
        BOOST_TEST_CONTEXT(row.name) {
            put("film", std::string{row.value} + ", NULL, NULL");
            const Outcome given = answer(request_for("/api/stream/film?download=1"));
            const std::string name{row.expected};
            BOOST_TEST(given.response.status == 200);
            BOOST_TEST(field(given, "Content-Disposition") ==
                       "attachment; filename=\"" + name + "\"; filename*=UTF-8''" + name);
            BOOST_TEST(field(answer(request_for("/api/stream/film")), "Content-Disposition") == "(absent)");
        }
    }
}

BOOST_AUTO_TEST_CASE(name_of_a_download_has_the_extension_once) {
    add("other.mp4", "other.mp4's");
    for (const char* const target : {"/api/stream/other.mp4?download=1", "/api/stream/other.mp4.mp4?download=1"})
        BOOST_TEST_CONTEXT(target) {
            BOOST_TEST(contains(field(answer(request_for(target)), "Content-Disposition"), "filename=\"other.mp4\";"));
        }
}

/// What a title may do to the name is tested in http_disposition_test.cc.
constexpr ColumnRow titles[] = {
    {.name = "words", .value = "NULL, 'Harbour walk'",
     .expected = "filename=\"Harbour walk.mp4\"; filename*=UTF-8''Harbour%20walk.mp4"},
    {.name = "extension_of_the_file", .value = "'series/1.webm', 'Walk'",
     .expected = "filename=\"Walk.webm\"; filename*=UTF-8''Walk.webm"},
    {.name = "file_without_an_extension", .value = "'raw', 'Walk'",
     .expected = "filename=\"Walk\"; filename*=UTF-8''Walk"},
    {.name = "extension_that_is_no_part_of_a_name", .value = "'v.m v', 'Walk'",
     .expected = "filename=\"Walk\"; filename*=UTF-8''Walk"},
    {.name = "other_scripts", .value = "NULL, char(220, 98)",
     .expected = "filename=\"_b.mp4\"; filename*=UTF-8''%C3%9Cb.mp4"},
    {.name = "path", .value = "NULL, '../x'", .expected = "filename=\"___x.mp4\"; filename*=UTF-8''___x.mp4"},
    {.name = "number", .value = "NULL, 1917", .expected = "filename=\"1917.mp4\"; filename*=UTF-8''1917.mp4"},
    {.name = "null", .value = "NULL, NULL", .expected = "filename=\"film.mp4\"; filename*=UTF-8''film.mp4"},
    {.name = "empty", .value = "NULL, ''", .expected = "filename=\"film.mp4\"; filename*=UTF-8''film.mp4"},
    {.name = "no_utf_8", .value = "NULL, CAST(x'dc62' AS TEXT)",
     .expected = "filename=\"film.mp4\"; filename*=UTF-8''film.mp4"},
    {.name = "longer_than_a_field_may_be", .value = "NULL, hex(zeroblob(513))",
     .expected = "filename=\"film.mp4\"; filename*=UTF-8''film.mp4"},
};

BOOST_FIXTURE_TEST_CASE(name_of_a_download_with_a_title, OwnTable) {
    settings.places.query = "SELECT 'complete' AS status, file, media_type AS title FROM own WHERE id = ?1";
    for (const ColumnRow& row : titles) {
        BOOST_TEST_CONTEXT(row.name) {
            put("film", std::string{row.value} + ", NULL");
            BOOST_TEST(field(answer(request_for("/api/stream/film?download=1")), "Content-Disposition") ==
                       "attachment; " + std::string{row.expected});
        }
    }
}

BOOST_FIXTURE_TEST_CASE(title_that_cannot_be_sent_is_noted, OwnTable) {
    settings.places.query = "SELECT 'complete' AS status, media_type AS title FROM own WHERE id = ?1";
    put("film", "NULL, '  ', NULL");
    BOOST_TEST(notes_of(request_for("/api/stream/film")) ==
               "warning: catalogue: title of film: \"  \"" + std::string{ignored_as_others});
    put("film", "NULL, 'Harbour walk', NULL");
    BOOST_TEST(notes_of(request_for("/api/stream/film")) == "");
}

// RFC 9110 §15.3.7.2: several parts

BOOST_AUTO_TEST_CASE(several_ranges_of_a_file) {
    const Outcome given = answer(request_for("/api/stream/film", "GET", "bytes=16-31,0-7"));
    const std::string type = field(given, "Content-Type");
    constexpr std::string_view before = "multipart/byteranges; boundary=";
    BOOST_REQUIRE(type.starts_with(before));
    const std::string boundary = type.substr(before.size());
    BOOST_TEST(boundary.size() == 32u);
    BOOST_TEST(boundary.find_first_not_of("0123456789abcdef") == std::string::npos);
    const std::string head = "--" + boundary + "\r\nContent-Type: video/mp4\r\nContent-Range: bytes ";
    const std::string content = head + "16-31/1000\r\n\r\n0000016|0000024|\r\n" + head +
                                "0-7/1000\r\n\r\n0000000|\r\n--" + boundary + "--\r\n";
    BOOST_TEST(describe(given) == expected(206, content));
    BOOST_TEST(field(given, "Content-Length") == std::to_string(content.size()));
    BOOST_TEST(field(answer(request_for("/api/stream/film", "GET", "bytes=16-31,0-7")), "Content-Type") != type);
    const Outcome head_of_it = answer(request_for("/api/stream/film", "HEAD", "bytes=16-31,0-7"));
    BOOST_TEST(describe(head_of_it) == expected(206, ""));
    BOOST_TEST(field(head_of_it, "Content-Length") == std::to_string(content.size()));
}

// Cross-origin access: on every answer, errors included

struct CorsRow {
    std::string_view name;
    http::Request request;
    int status = 0;
};

const CorsRow cors_rows[] = {
    {.name = "part", .request = {.method = "GET", .target = "/api/stream/film", .range = "bytes=0-7"}, .status = 206},
    {.name = "preflight", .request = {.method = "OPTIONS", .target = "/api/stream/film"}, .status = 204},
    {.name = "no_such_row", .request = {.method = "GET", .target = "/api/stream/missing"}, .status = 404},
    {.name = "not_complete", .request = {.method = "HEAD", .target = "/api/stream/pending"}, .status = 404},
    {.name = "no_file", .request = {.method = "GET", .target = "/api/stream/gone"}, .status = 404},
};

void check_cors(const Volume& volume, const CorsRow& row) {
    BOOST_TEST_CONTEXT(row.name) {
        http::Request request = row.request;
        request.origin = "https://a.example";
        const Outcome listed = volume.answer(request);
        BOOST_TEST(listed.response.status == row.status);
        BOOST_TEST(field(listed, "Access-Control-Allow-Origin") == "https://a.example");
        BOOST_TEST(field(listed, "Vary") == "Origin");
        request.origin = "https://other.example";
        const Outcome other = volume.answer(request);
        BOOST_TEST(other.response.status == row.status);
        BOOST_TEST(field(other, "Access-Control-Allow-Origin") == "(absent)");
        BOOST_TEST(field(other, "Vary") == "Origin");
    }
}

BOOST_AUTO_TEST_CASE(page_of_another_origin_may_read_every_answer) {
    settings.policy.cors_origins = {"https://a.example"};
    for (const CorsRow& row : cors_rows) check_cors(*this, row);
    const http::Request request = request_for("/api/stream/film");
    fs::rename(videos, folder / "elsewhere");
    check_cors(*this, {.name = "no_folder", .request = request, .status = 500});
    fs::remove(settings.places.database);
    check_cors(*this, {.name = "no_catalogue", .request = request, .status = 503});
}

BOOST_AUTO_TEST_CASE(no_page_of_another_origin_without_the_setting) {
    for (const CorsRow& row : cors_rows) {
        BOOST_TEST_CONTEXT(row.name) {
            http::Request request = row.request;
            request.origin = "https://a.example";
            const Outcome given = answer(request);
            for (const http::Field& field : given.response.fields)
                BOOST_TEST((!field.name.starts_with("Access-Control") && field.name != "Vary"), field.name);
        }
    }
}

// PREFIX/ID.mp4

const AnswerRow aliases[] = {
    {.name = "alias", .target = "/api/stream/film.mp4", .status = 200, .content = "film's"},
    {.name = "an_id_of_its_own", .target = "/api/stream/other.mp4", .status = 200, .content = "other.mp4's"},
    {.name = "id_without_the_extension", .target = "/api/stream/other", .status = 200, .content = "other's"},
    {.name = "extension_twice", .target = "/api/stream/other.mp4.mp4", .status = 200, .content = "other.mp4's"},
    {.name = "extension_three_times", .target = "/api/stream/film.mp4.mp4", .content = not_found},
    {.name = "other_extension", .target = "/api/stream/film.mov", .content = not_found},
    {.name = "extension_in_capitals", .target = "/api/stream/film.MP4", .content = not_found},
    {.name = "extension_alone", .target = "/api/stream/.mp4", .content = not_found},
    {.name = "alias_of_an_unfinished_one", .target = "/api/stream/pending.mp4", .content = not_complete},
    {.name = "alias_of_one_without_file", .target = "/api/stream/gone.mp4",
     .content = R"({"detail":"Video file not found: gone"})"},
};

BOOST_AUTO_TEST_CASE(extension_behind_an_id) {
    folder.write("videos/film.mp4", "film's");
    add("other", "other's");
    add("other.mp4", "other.mp4's");  // its file is other.mp4.mp4
    for (const AnswerRow& row : aliases)
        BOOST_TEST_CONTEXT(row.name) {
            BOOST_TEST(describe(answer(request_for(row.target))) == expected(row.status, row.content));
        }
}

struct AliasRow {
    std::string_view name;
    std::string_view file;  ///< in the catalogue, as SQL has it
    std::string_view target;
    int status = 404;
};

constexpr AliasRow aliases_of_files[] = {
    {.name = "webm", .file = "'series/1.webm'", .target = "w.webm", .status = 200},
    {.name = "webm_by_its_id", .file = "'series/1.webm'", .target = "w", .status = 200},
    {.name = "webm_as_mp4", .file = "'series/1.webm'", .target = "w.mp4"},
    {.name = "webm_in_capitals", .file = "'series/1.webm'", .target = "w.WEBM"},
    {.name = "webm_after_another", .file = "'series/1.webm'", .target = "w.webm.webm"},
    {.name = "capitals_of_the_file", .file = "'W.MKV'", .target = "w.MKV", .status = 200},
    {.name = "small_letters_of_a_file_in_capitals", .file = "'W.MKV'", .target = "w.mkv"},
    {.name = "no_extension_is_mp4", .file = "'raw'", .target = "w.mp4", .status = 200},
    {.name = "no_extension_is_nothing_else", .file = "'raw'", .target = "w.webm"},
    {.name = "unknown_extension", .file = "'v.bin'", .target = "w.bin"},
    {.name = "mp4_by_default", .file = "NULL", .target = "w.mp4", .status = 200},
    {.name = "mp4_by_default_as_webm", .file = "NULL", .target = "w.webm"},
};

BOOST_FIXTURE_TEST_CASE(alias_has_the_extension_of_the_file, OwnTable) {
    folder.write("videos/W.MKV", "a film");
    folder.write("videos/v.bin", "a film");
    folder.write("videos/w.mp4", "a film");
    for (const AliasRow& row : aliases_of_files)
        BOOST_TEST_CONTEXT(row.name) {
            put("w", std::string{row.file} + ", NULL, NULL");
            const Outcome given = answer(request_for("/api/stream/" + std::string{row.target}));
            BOOST_TEST(given.response.status == row.status);
            if (row.status == 404) BOOST_TEST(describe(given) == expected(404, not_found));
            BOOST_TEST(given.id.value() == (row.status == 200 ? "w" : row.target));
        }
}

/// What is not found costs a second look into the catalogue only where it may be an alias.
BOOST_AUTO_TEST_CASE(look_ups_of_an_alias) {
    const auto look_ups = [&](const char* target) { return answer(request_for(target)).catalog_use.look_ups; };
    BOOST_TEST(look_ups("/api/stream/film") == 1u);
    BOOST_TEST(look_ups("/api/stream/film.mp4") == 2u);
    BOOST_TEST(look_ups("/api/stream/missing") == 1u);
    BOOST_TEST(look_ups("/api/stream/missing.webm") == 2u);
    BOOST_TEST(look_ups("/api/stream/missing.v2") == 1u);
    BOOST_TEST(look_ups("/api/stream/.mp4") == 1u);
}

// Ids of several segments: a folder of HLS behind one row

struct FolderOfSegments : Volume {
    FolderOfSegments() {
        settings.places.query = "SELECT status FROM videos WHERE id = substr(?1, 1, instr(?1 || '/', '/') - 1)";
        settings.places.id_segments = 3;
        record("show", "complete");
        fs::create_directories(videos / "show/720p");
        folder.write("videos/show/index.m3u8", "#EXTM3U\n");
        folder.write("videos/show/720p/seg-3.ts", "segment 3");
        folder.write("videos/show/de.vtt", "WEBVTT\n");
        folder.write("videos/show/poster", "a picture");
        fs::create_directories(videos / "pending");
        folder.write("videos/pending/index.m3u8", "#EXTM3U\n");
        fs::create_symlink("../../secret.mp4", videos / "show/secret.mp4");
        fs::create_directories(videos / "unrecorded");
        folder.write("videos/unrecorded/index.m3u8", "#EXTM3U\n");
    }
};

const AnswerRow segments[] = {
    {.name = "list", .target = "show/index.m3u8", .status = 200, .content = "#EXTM3U\n"},
    {.name = "encoded_slash", .target = "show%2Findex.m3u8", .status = 200, .content = "#EXTM3U\n"},
    {.name = "segment", .target = "show/720p/seg-3.ts", .status = 200, .content = "segment 3"},
    {.name = "captions", .target = "show/de.vtt", .status = 200, .content = "WEBVTT\n"},
    {.name = "no_extension", .target = "show/poster", .status = 200, .content = "a picture"},
    {.name = "folder_that_is_not_ready", .target = "pending/index.m3u8", .content = not_complete},
    {.name = "folder_without_a_row", .target = "unrecorded/index.m3u8", .content = not_found},
    {.name = "missing", .target = "show/seg-9.ts", .content = R"({"detail":"Video file not found: show/seg-9.ts"})"},
    {.name = "folder", .target = "show", .content = R"({"detail":"Video file not found: show"})"},
    {.name = "slash_behind", .target = "show/", .content = not_found},
    {.name = "folder_above", .target = "show/..%2Ffilm.mp4", .content = not_found},
    {.name = "link_that_leads_out", .target = "show/secret.mp4",
     .content = R"({"detail":"Video file not found: show/secret.mp4"})"},
    {.name = "more_segments", .target = "show/720p/a/seg-3.ts", .content = not_found},
};

BOOST_FIXTURE_TEST_CASE(id_of_several_segments, FolderOfSegments) {
    for (const AnswerRow& row : segments)
        BOOST_TEST_CONTEXT(row.name) {
            BOOST_TEST(describe(answer(request_for("/api/stream/" + row.target))) == expected(row.status, row.content));
        }
    settings.places.id_segments = 1;
    BOOST_TEST(describe(answer(request_for("/api/stream/show/index.m3u8"))) == expected(404, not_found));
}

BOOST_FIXTURE_TEST_CASE(fields_of_several_segments, FolderOfSegments) {
    const Outcome list = answer(request_for("/api/stream/show/index.m3u8?download=1"));
    BOOST_TEST(field(list, "Content-Type") == "application/vnd.apple.mpegurl");
    BOOST_TEST(field(list, "Content-Disposition") ==
               "attachment; filename=\"index.m3u8\"; filename*=UTF-8''index.m3u8");
    const Outcome segment = answer(request_for("/api/stream/show/720p/seg-3.ts", "GET", "bytes=0-6"));
    BOOST_TEST(describe(segment) == expected(206, "segment"));
    BOOST_TEST(field(segment, "Content-Type") == "video/mp2t");
    BOOST_TEST(field(answer(request_for("/api/stream/show/de.vtt")), "Content-Type") == "text/vtt");
}

/// A catalogue of its own names for each film, whose files lie in folders of the same name.
BOOST_FIXTURE_TEST_CASE(flat_names_of_a_folder, FolderOfSegments) {
    settings.places.id_segments = 1;
    settings.places.query = "SELECT status, id || '/' || ?1 AS file FROM videos"
                            " WHERE id = substr(?1, 1, instr(?1 || '.', '.') - 1)";
    folder.write("videos/show/show.m3u8", "a list");
    folder.write("videos/show/show.seg000.ts", "segment 0");
    folder.write("videos/show/show.de.vtt", "captions");
    for (const auto& [target, content] : {std::pair{"show.m3u8", "a list"}, std::pair{"show.seg000.ts", "segment 0"},
                                          std::pair{"show.de.vtt", "captions"}})
        BOOST_TEST(describe(answer(request_for("/api/stream/" + std::string{target}))) == expected(200, content));
    BOOST_TEST(describe(answer(request_for("/api/stream/pending.m3u8"))) == expected(404, not_complete));
}

BOOST_FIXTURE_TEST_CASE(segments_that_the_web_server_sends, FolderOfSegments) {
    settings.delivery = {.offload = Offload::x_accel_redirect, .offload_prefixes = {"/i/"}};
    BOOST_TEST(field(answer(request_for("/api/stream/show/720p/seg-3.ts")), "X-Accel-Redirect") ==
               "/i/show/720p/seg-3.ts");
}

struct IdRow {
    std::string_view name;
    std::string_view target;
    std::string_view expected;
    std::string_view method = "GET";
};

constexpr IdRow ids[] = {
    {.name = "id", .target = "/api/stream/film", .expected = "film"},
    {.name = "alias", .target = "/api/stream/film.mp4", .expected = "film"},
    {.name = "encoded", .target = "/api/stream/f%69lm.mp4?t=1", .expected = "film"},
    {.name = "alias_of_an_unfinished_one", .target = "/api/stream/pending.mp4", .expected = "pending"},
    {.name = "alias_of_one_without_file", .target = "/api/stream/gone.mp4", .expected = "gone"},
    {.name = "no_such_row", .target = "/api/stream/missing.mp4", .expected = "missing.mp4"},
    {.name = "no_id", .target = "/x", .expected = "(none)"},
    {.name = "method_that_is_not_allowed", .target = "/api/stream/film", .expected = "film", .method = "POST"},
};

/// What the log calls it is what the row, the file and the message to the client are called.
BOOST_AUTO_TEST_CASE(id_is_that_of_the_row) {
    for (const IdRow& row : ids)
        BOOST_TEST_CONTEXT(row.name) {
            BOOST_TEST(answer(request_for(row.target, row.method)).id.value_or("(none)") == row.expected);
        }
    fs::remove(settings.places.database);
    BOOST_TEST(answer(request_for("/api/stream/film.mp4")).id.value_or("(none)") == "film.mp4");
}

BOOST_AUTO_TEST_CASE(own_id_that_is_not_ready_hides_the_other) {
    record("film.mp4", "pending");
    BOOST_TEST(describe(answer(request_for("/api/stream/film.mp4"))) == expected(404, not_complete));
    BOOST_TEST(answer(request_for("/api/stream/film")).response.status == 200);
}

// RFC 9110 §8.8: validators

BOOST_AUTO_TEST_CASE(validators_of_a_file) {
    set_date(videos / "film.mp4", 784'111'777);
    const Outcome given = answer(request_for("/api/stream/film"));
    BOOST_TEST(field(given, "Last-Modified") == "Sun, 06 Nov 1994 08:49:37 GMT");
    BOOST_TEST(field(given, "ETag") == "\"2ebc98a1-3e8\"");
}

BOOST_AUTO_TEST_CASE(last_modified_is_never_in_the_future) {
    const auto seconds = [] {
        return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()).time_since_epoch().count();
    };
    const std::int64_t before = seconds(), tomorrow = before + 86'400;
    set_date(videos / "film.mp4", tomorrow);
    const Outcome given = answer(request_for("/api/stream/film"));
    const std::int64_t after = seconds();
    bool is_present = false;
    for (std::int64_t i = before; i <= after; ++i)
        is_present |= field(given, "Last-Modified") == http::format_date(http::Time{std::chrono::seconds{i}});
    BOOST_TEST(is_present, field(given, "Last-Modified"));
    // The tag keeps the file's own date, or it would change from second to second.
    const auto tag = http::default_entity_tag(http::Time{std::chrono::seconds{tomorrow}}, 1000);
    BOOST_TEST(field(given, "ETag") == http::format_entity_tag(tag));
}

// RFC 9110 §15.6: what is the server's fault

BOOST_AUTO_TEST_CASE(catalogue_locked_by_a_writer) {
    run_sqlite(settings.places.database, "PRAGMA journal_mode = DELETE;");
    Handler handler{settings};
    {
        SqliteShell application{settings.places.database};
        application.execute("BEGIN EXCLUSIVE;");
        const Outcome given = handler.answer(request_for("/api/stream/film"));
        BOOST_TEST(describe(given) == expected(503, no_catalogue));
        BOOST_TEST(field(given, "Retry-After") == "5");
        const std::string notes = text_of(given.notes);
        BOOST_TEST(notes.starts_with("error: "), notes);
        BOOST_TEST(contains(notes, settings.places.database.native() + ": locked by a writer"), notes);
    }
    BOOST_TEST(handler.answer(request_for("/api/stream/film")).response.status == 200);
}

struct DatabaseRow {
    std::string_view name;
    std::optional<std::string> content;
    std::string_view noted;
};

const DatabaseRow databases[] = {
    {.name = "missing", .content = std::nullopt, .noted = "No such file or directory"},
    {.name = "empty", .content = "", .noted = "no such table: videos"},
    {.name = "corrupt", .content = std::string(8192, '\xff'), .noted = "not an SQLite database"},
};

BOOST_AUTO_TEST_CASE(catalogue_that_cannot_be_used) {
    for (const DatabaseRow& row : databases) {
        BOOST_TEST_CONTEXT(row.name) {
            fs::remove(settings.places.database);
            if (row.content) folder.write("catalog.db", *row.content);
            const Outcome given = answer(request_for("/api/stream/film"));
            BOOST_TEST(describe(given) == expected(503, no_catalogue));
            BOOST_TEST(field(given, "Retry-After") == "5");
            const std::string notes = text_of(given.notes);
            BOOST_TEST(contains(notes, settings.places.database.native() + ": " + std::string{row.noted}), notes);
            BOOST_CHECK_THROW(Handler{settings}.check(), catalog::CatalogError);
        }
    }
}

BOOST_AUTO_TEST_CASE(file_that_may_not_be_read) {
    run_sqlite(settings.places.database, "PRAGMA journal_mode = DELETE;");
    fs::permissions(videos / "film.mp4", fs::perms::none);
    const std::string text = as_ordinary_user([&] {
        const Outcome given = answer(request_for("/api/stream/film"));
        return describe(given) + "\n" + text_of(given.notes);
    });
    BOOST_TEST(contains(text, expected(500, unreadable) + "\n"), text);
    BOOST_TEST(contains(text, "warning: open film: " + (videos / "film.mp4").native() + ": user "), text);
    BOOST_TEST(contains(text, " may not read it, which is "), text);
}

BOOST_AUTO_TEST_CASE(folder_of_videos_that_is_missing) {
    fs::rename(videos, folder / "elsewhere");
    BOOST_TEST(describe(answer(request_for("/api/stream/film"))) == expected(500, internal_error));
    const std::string notes = notes_of(request_for("/api/stream/film"));
    BOOST_TEST(notes == "error: open folder of videos " + videos.native() + ": No such file or directory\n");
    BOOST_CHECK_THROW(Handler{settings}.check(), posix::FailureError);
}

BOOST_AUTO_TEST_CASE(folder_of_videos_that_may_not_be_searched) {
    run_sqlite(settings.places.database, "PRAGMA journal_mode = DELETE;");
    fs::permissions(videos, fs::perms{0600});
    const std::string text = as_ordinary_user([&] {
        return message_of<posix::FailureError>([&] { Handler{settings}.check(); });
    });
    BOOST_TEST(text.starts_with("open folder of videos: " + videos.native() + ": user "), text);
    BOOST_TEST(contains(text, " may not search it, which is "), text);
}

/// Leaves no descriptor that could be opened. The limit counts from zero, holes included: these are filled.
void use_up_descriptors() {
    const rlimit limit{.rlim_cur = 64, .rlim_max = 64};
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) fail_test("limit", "descriptors");
    while (dup(STDERR_FILENO) >= 0) {
    }
}

BOOST_AUTO_TEST_CASE(no_descriptor_left) {
    const std::string text = in_child([&] {
        Handler handler{settings};
        if (handler.answer(request_for("/api/stream/film")).response.status != 200) return std::string{"not even once"};
        // The same exception once before: a sanitizer takes descriptors itself when it first sees a type.
        HandlerSettings without_videos = settings;
        without_videos.places.videos = {folder / "missing"};
        if (Handler{without_videos}.answer(request_for("/api/stream/film")).response.status != 500)
            return std::string{"no exception"};
        use_up_descriptors();
        const Outcome given = handler.answer(request_for("/api/stream/film"));
        return describe(given) + "\n" + field(given, "Retry-After") + "\n" + text_of(given.notes);
    });
    BOOST_TEST(contains(text, expected(503, too_many) + "\n5\n"), text);
    BOOST_TEST(contains(text, "Too many open files"), text);
}

struct RefusedRow {
    std::string_view name;
    int error;
    int status;
    bool has_lost_all = false;  ///< the mount is named, and not the film
};

constexpr RefusedRow refused_by_the_kernel[] = {
    {.name = "disk", .error = EIO, .status = 503},
    {.name = "replaced_on_the_server", .error = ESTALE, .status = 503},
    {.name = "server_does_not_answer", .error = ETIMEDOUT, .status = 503},
    {.name = "file_system_whose_program_has_ended", .error = ENOTCONN, .status = 503, .has_lost_all = true},
    {.name = "renames_without_end", .error = EAGAIN, .status = 503},
    {.name = "signals_without_end", .error = EINTR, .status = 503},
    {.name = "no_memory_in_the_kernel", .error = ENOMEM, .status = 503},
    {.name = "call_that_is_not_known", .error = EOPNOTSUPP, .status = 500},
    {.name = "kernel_without_openat2", .error = ENOSYS, .status = 500},
};

/// What may pass by itself is asked for again by clients that are told so.
BOOST_AUTO_TEST_CASE(kernel_refuses_to_open) {
    for (const RefusedRow& row : refused_by_the_kernel) {
        BOOST_TEST_CONTEXT(row.name) {
            const std::string text = in_child([&] {
                refuse_system_call(SYS_openat2, static_cast<unsigned>(row.error));
                const Outcome given = answer(request_for("/api/stream/film"));
                return std::to_string(given.response.status) + " " + field(given, "Retry-After") + " " +
                       text_of(given.notes);
            });
            const std::string begin = row.status == 503 ? "503 5 " : "500 (absent) ";
            BOOST_TEST(text.substr(0, begin.size()) == begin, text);
            BOOST_TEST(contains(text, posix::cause(row.error)), text);
            BOOST_TEST(contains(text, row.has_lost_all ? "storage: /" : (videos / "film.mp4").native()), text);
        }
    }
}

// Storage that must not be touched now

struct Gate final : media::StorageGate {
    bool enter(dev_t) override { return is_open; }
    void leave() noexcept override {}

    bool is_open = false;
};

BOOST_AUTO_TEST_CASE(storage_that_must_not_be_touched_now) {
    Handler handler{settings};
    Gate gate;
    for (const char* const target : {"/api/stream/film", "/api/stream/film.mp4"})
        BOOST_CHECK_THROW(handler.answer(request_for(target), {}, &gate), media::StorageBusy);
    BOOST_TEST(handler.answer(request_for("/api/stream/none"), {}, &gate).response.status == 404);
    gate.is_open = true;
    const Outcome given = handler.answer(request_for("/api/stream/film"), {}, &gate);
    BOOST_TEST(given.response.status == 200);
    BOOST_TEST(given.catalog_use.look_ups == 1);
    media::Unused unused;
    handler.take_unused(unused);
    BOOST_TEST(handler.answer(request_for("/api/stream/film"), {}, &gate).response.status == 200);
    handler.take_films(unused.files);
    BOOST_TEST(unused.files.size() == 1);
}

// Start-up

BOOST_AUTO_TEST_CASE(check_finds_nothing_wrong) {
    BOOST_TEST(message_of<std::exception>([&] { BOOST_TEST(text_of(Handler{settings}.check()) == ""); }) ==
               "nothing thrown");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate
