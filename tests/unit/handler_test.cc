// Owns the tests of the way from a Request to an answer, with a real catalogue and real files.
// Does not test the decision about ranges: http_plan_test.cc does.
// SPDX-License-Identifier: MIT
#include "handler.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <chrono>

#include "child_process.h"
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

std::string field(const Answer& answer, std::string_view name) {
    const std::string* value = http::find_field(answer.response, name);
    return value ? *value : "(absent)";
}

/// Reads the content as a sender would.
std::string content_of(const Answer& answer) {
    std::string text;
    for (const http::Piece& piece : answer.response.pieces) {
        if (const auto* literal = std::get_if<std::string>(&piece)) {
            text += *literal;
            continue;
        }
        const auto range = std::get<http::ByteRange>(piece);
        std::string bytes(range.length(), '\0');
        const ssize_t n = pread(answer.content_fd(), bytes.data(), bytes.size(), static_cast<off_t>(range.first_pos));
        text += n == static_cast<ssize_t>(bytes.size()) ? bytes : "(cannot be read)";
    }
    return text;
}

std::string describe(const Answer& answer) { return std::to_string(answer.response.status) + " " + content_of(answer); }

std::string expected(int status, std::string_view content) {
    return std::to_string(status) + " " + std::string{content};
}

/// A data volume, as `reelgate init` makes it, with some videos.
struct Volume {
    TemporaryFolder folder;
    fs::path videos = folder.make_folder("videos");
    HandlerSettings settings{
        .database = folder / "catalog.db",
        .videos = videos,
        .query = "SELECT status FROM videos WHERE id = ?1",
        .ready = "complete",
        .prefix = "/api/stream/",
        .policy = {},
    };

    Volume() {
        media::create_catalog(settings.database);
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
    ~Volume() { set_log_level(LogLevel::notice); }

    void record(std::string_view id, std::string_view status) const {
        media::CatalogWriter writer{settings.database};
        writer.insert(id, status);
        writer.commit();
    }

    void add(const std::string& id, std::string_view content) const {
        folder.write("videos/" + id + ".mp4", content);
        record(id, "complete");
    }

    /// Answers one request, and throws the log away.
    Answer answer(const http::Request& request) const {
        const CapturedStderr log;
        return Handler{settings}.answer(request);
    }

    /// Gives what is logged, level info included, while one request is answered.
    std::string log_of(const http::Request& request) const {
        set_log_level(LogLevel::info);
        const CapturedStderr log;
        Handler{settings}.answer(request);
        return log.text();
    }
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
    const Answer whole = answer(request_for("/api/stream/film"));
    BOOST_TEST(describe(whole) == expected(200, position_coded(1000)));
    BOOST_TEST(field(whole, "Content-Type") == "video/mp4");
    const Answer part = answer(request_for("/api/stream/film", "GET", "bytes=16-31"));
    BOOST_TEST(describe(part) == expected(206, "0000016|0000024|"));
    BOOST_TEST(field(part, "Content-Range") == "bytes 16-31/1000");
    BOOST_TEST(describe(answer(request_for("/api/stream/empty"))) == expected(200, ""));
}

BOOST_AUTO_TEST_CASE(answers_follow_one_another) {
    Handler handler{settings};
    for (int i = 0; i < 3; ++i) {
        const Answer found = handler.answer(request_for("/api/stream/film", "GET", "bytes=0-7"));
        BOOST_TEST(describe(found) == expected(206, "0000000|"));
        BOOST_TEST(describe(handler.answer(request_for("/api/stream/missing"))) == expected(404, not_found));
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
            const Answer given = answer(request_for(row.target, row.method, "bytes=0-9"));
            BOOST_TEST(describe(given) == expected(row.status, row.content));
            BOOST_TEST(field(given, "Content-Type") == "application/json");
            BOOST_TEST(field(given, "Cache-Control") == "no-store");
            BOOST_TEST(field(given, "Content-Range") == "(absent)");
        }
    }
}

BOOST_AUTO_TEST_CASE(log_says_why_there_is_no_file) {
    BOOST_TEST(contains(log_of(request_for("/api/stream/gone")),
                        "info: open gone: " + (videos / "gone.mp4").native() + ": No such file or directory"));
    BOOST_TEST(contains(log_of(request_for("/api/stream/leaves")),
                        "warning: open leaves: " + (videos / "leaves.mp4").native() + ": leads out of the folder"));
    BOOST_TEST(contains(log_of(request_for("/api/stream/folder")), "warning: open folder: "));
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
            const Answer given = answer(request_for(row.target, row.method));
            BOOST_TEST(describe(given) == expected(row.status, row.content));
            BOOST_TEST(contains(field(given, "Allow"), "GET, HEAD"));
        }
    }
}

// The settings

BOOST_AUTO_TEST_CASE(status_prefix_and_policy_are_the_administrators) {
    settings.ready = "pending";
    settings.prefix = "/v/";
    settings.policy.cache_control = "no-cache";
    settings.policy.max_ranges = 1;
    const Answer given = answer(request_for("/v/pending", "GET", "bytes=0-3"));
    BOOST_TEST(describe(given) == expected(206, "half"));
    BOOST_TEST(field(given, "Cache-Control") == "no-cache");
    BOOST_TEST(describe(answer(request_for("/v/pending", "GET", "bytes=0-3,90-"))) == expected(200, "half of it"));
    BOOST_TEST(describe(answer(request_for("/v/film"))) == expected(404, not_complete));
    BOOST_TEST(describe(answer(request_for("/api/stream/pending"))) == expected(404, not_found));
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

BOOST_AUTO_TEST_CASE(own_id_that_is_not_ready_hides_the_other) {
    record("film.mp4", "pending");
    BOOST_TEST(describe(answer(request_for("/api/stream/film.mp4"))) == expected(404, not_complete));
    BOOST_TEST(answer(request_for("/api/stream/film")).response.status == 200);
}

// RFC 9110 §8.8: validators

void set_date(const fs::path& path, std::int64_t seconds) {
    const timespec times[] = {{.tv_sec = 1, .tv_nsec = 0}, {.tv_sec = seconds, .tv_nsec = 0}};
    if (utimensat(AT_FDCWD, path.c_str(), times, 0) != 0) posix::throw_errno("date", path.native());
}

BOOST_AUTO_TEST_CASE(validators_of_a_file) {
    set_date(videos / "film.mp4", 784'111'777);
    const Answer given = answer(request_for("/api/stream/film"));
    BOOST_TEST(field(given, "Last-Modified") == "Sun, 06 Nov 1994 08:49:37 GMT");
    BOOST_TEST(field(given, "ETag") == "\"2ebc98a1-3e8\"");
}

BOOST_AUTO_TEST_CASE(last_modified_is_never_in_the_future) {
    const auto seconds = [] {
        return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()).time_since_epoch().count();
    };
    const std::int64_t before = seconds(), tomorrow = before + 86'400;
    set_date(videos / "film.mp4", tomorrow);
    const Answer given = answer(request_for("/api/stream/film"));
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
    run_sqlite(settings.database, "PRAGMA journal_mode = DELETE;");
    Handler handler{settings};
    const CapturedStderr log;
    {
        SqliteShell application{settings.database};
        application.execute("BEGIN EXCLUSIVE;");
        const Answer given = handler.answer(request_for("/api/stream/film"));
        BOOST_TEST(describe(given) == expected(503, no_catalogue));
        BOOST_TEST(field(given, "Retry-After") == "5");
    }
    BOOST_TEST(contains(log.text(), "error: "), log.text());
    BOOST_TEST(contains(log.text(), settings.database.native() + ": locked by a writer"), log.text());
    BOOST_TEST(handler.answer(request_for("/api/stream/film")).response.status == 200);
}

struct DatabaseRow {
    std::string_view name;
    std::optional<std::string> content;
    std::string_view logged;
};

const DatabaseRow databases[] = {
    {.name = "missing", .content = std::nullopt, .logged = "No such file or directory"},
    {.name = "empty", .content = "", .logged = "no such table: videos"},
    {.name = "corrupt", .content = std::string(8192, '\xff'), .logged = "not an SQLite database"},
};

BOOST_AUTO_TEST_CASE(catalogue_that_cannot_be_used) {
    for (const DatabaseRow& row : databases) {
        BOOST_TEST_CONTEXT(row.name) {
            fs::remove(settings.database);
            if (row.content) folder.write("catalog.db", *row.content);
            const Answer given = answer(request_for("/api/stream/film"));
            BOOST_TEST(describe(given) == expected(503, no_catalogue));
            BOOST_TEST(field(given, "Retry-After") == "5");
            const std::string log = log_of(request_for("/api/stream/film"));
            BOOST_TEST(contains(log, settings.database.native() + ": " + std::string{row.logged}), log);
            BOOST_CHECK_THROW(Handler{settings}.check(), media::CatalogError);
        }
    }
}

BOOST_AUTO_TEST_CASE(file_that_may_not_be_read) {
    run_sqlite(settings.database, "PRAGMA journal_mode = DELETE;");
    fs::permissions(videos / "film.mp4", fs::perms::none);
    const std::string text = as_ordinary_user([&] {
        const CapturedStderr log;
        const Answer given = Handler{settings}.answer(request_for("/api/stream/film"));
        return describe(given) + "\n" + log.text();
    });
    BOOST_TEST(contains(text, expected(500, unreadable) + "\n"), text);
    BOOST_TEST(contains(text, "warning: open film: " + (videos / "film.mp4").native() + ": Permission denied"), text);
}

BOOST_AUTO_TEST_CASE(folder_of_videos_that_is_missing) {
    fs::rename(videos, folder / "elsewhere");
    BOOST_TEST(describe(answer(request_for("/api/stream/film"))) == expected(500, internal_error));
    const std::string log = log_of(request_for("/api/stream/film"));
    BOOST_TEST(contains(log, "error: open folder of videos " + videos.native() + ": No such file or directory"), log);
    BOOST_CHECK_THROW(Handler{settings}.check(), std::system_error);
}

/// Leaves no descriptor that could be opened. The limit counts from zero, holes included: these are filled.
void use_up_descriptors() {
    const rlimit limit{.rlim_cur = 64, .rlim_max = 64};
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) posix::throw_errno("limit", "descriptors");
    while (dup(STDERR_FILENO) >= 0) {
    }
}

BOOST_AUTO_TEST_CASE(no_descriptor_left) {
    const std::string text = in_child([&] {
        Handler handler{settings};
        if (handler.answer(request_for("/api/stream/film")).response.status != 200) return std::string{"not even once"};
        const CapturedStderr log;
        // The same exception once before: a sanitizer takes descriptors itself when it first sees a type.
        HandlerSettings without_videos = settings;
        without_videos.videos = folder / "missing";
        if (Handler{without_videos}.answer(request_for("/api/stream/film")).response.status != 500)
            return std::string{"no exception"};
        use_up_descriptors();
        const Answer given = handler.answer(request_for("/api/stream/film"));
        return describe(given) + "\n" + field(given, "Retry-After") + "\n" + log.text();
    });
    BOOST_TEST(contains(text, expected(503, too_many) + "\n5\n"), text);
    BOOST_TEST(contains(text, "Too many open files"), text);
}

// Start-up and the log

BOOST_AUTO_TEST_CASE(check_finds_nothing_wrong) {
    BOOST_TEST(message_of<std::exception>([&] { Handler{settings}.check(); }) == "nothing thrown");
}

struct SummaryRow {
    std::string_view name;
    std::string target;
    std::optional<std::string> range;
    std::string_view expected;  ///< after the number
};

const SummaryRow summaries[] = {
    {.name = "whole", .target = "/api/stream/film", .range = std::nullopt, .expected = ": film: GET -: 200 -"},
    {.name = "part", .target = "/api/stream/film", .range = "bytes=0-7",
     .expected = ": film: GET bytes=0-7: 206 bytes 0-7/1000"},
    {.name = "unsatisfiable", .target = "/api/stream/film", .range = "bytes=1000-",
     .expected = ": film: GET bytes=1000-: 416 bytes */1000"},
    {.name = "no_such_row", .target = "/api/stream/missing", .range = std::nullopt,
     .expected = ": missing: GET -: 404 -"},
    {.name = "no_id", .target = "/x", .range = std::nullopt, .expected = ": -: GET -: 404 -"},
};

BOOST_AUTO_TEST_CASE(summary_is_made_where_it_is_logged) {
    for (const SummaryRow& row : summaries) {
        BOOST_TEST_CONTEXT(row.name) {
            const http::Request request = request_for(row.target, "GET", row.range);
            set_log_level(LogLevel::notice);
            BOOST_TEST(answer(request).summary == "");
            set_log_level(LogLevel::info);
            const std::string summary = answer(request).summary;
            BOOST_TEST(summary.substr(std::min(summary.find(':'), summary.size())) == row.expected);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate
