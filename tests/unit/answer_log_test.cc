// Owns the tests of what the log says of answers.
// SPDX-License-Identifier: MIT
#include "answer_log.h"

#include <boost/test/unit_test.hpp>

#include "failing_allocations.h"
#include "log.h"
#include "messages.h"

namespace reelgate {
namespace {

/// The level is the whole program's: it is put back.
struct WithLevel {
    ~WithLevel() { set_log_level(LogLevel::notice); }
};

/// Returns what is logged of one request, up to the end of its answer.
std::string logged(AnswerLog& log, const http::Request& request, const Outcome& outcome) {
    const CapturedStderr captured;
    if (const auto answer = log.begin(request, outcome))
        log_end(*answer, {.sent = 8, .planned = 10, .time = std::chrono::milliseconds{1500}, .ending = "aborted"});
    return captured.text();
}

constexpr std::size_t etag = catalog::index_of(&catalog::Row::etag);
constexpr std::size_t media_type = catalog::index_of(&catalog::Row::media_type);

Note note(Note::Kind kind, std::string operation, std::size_t column = 0) {
    return {kind, {.operation = std::move(operation), .kind = messages::Kind::warning}, column};
}

BOOST_FIXTURE_TEST_SUITE(answer_log, WithLevel)

struct LineRow {
    std::string_view name;
    http::Request request;
    Outcome outcome;
    std::string_view expected;  ///< of both lines, after the number
};

const LineRow lines[] = {
    {.name = "whole", .request = {.method = "GET"}, .outcome = {.id = "film", .response = {.status = 200}},
     .expected = ": film: GET -: 200 -"},
    {.name = "part", .request = {.method = "GET", .range = "bytes=0-7"},
     .outcome = {.id = "film", .response = {206, {{"Content-Range", "bytes 0-7/1000"}}, {}}},
     .expected = ": film: GET bytes=0-7: 206 bytes 0-7/1000"},
    {.name = "several_parts", .request = {.method = "HEAD", .range = "bytes=0-7,9-9"},
     .outcome = {.id = "film", .response = {.status = 206}}, .expected = ": film: HEAD bytes=0-7,9-9: 206 -"},
    {.name = "empty_range", .request = {.method = "GET", .range = ""},
     .outcome = {.id = "film", .response = {.status = 200}}, .expected = ": film: GET : 200 -"},
    {.name = "no_id", .request = {.method = "GET"}, .outcome = {.response = {.status = 404}},
     .expected = ": -: GET -: 404 -"},
    {.name = "path_without_an_id", .request = {.method = "GET", .target = "/films/a?secret"},
     .outcome = {.response = {.status = 404}}, .expected = ": /films/a: GET -: 404 -"},
    {.name = "rewritten_path_without_an_id",
     .request = {.method = "GET", .target = "/films/a?secret", .rewritten = {"/a?secret", "/b"}},
     .outcome = {.response = {.status = 404}}, .expected = ": /films/a, /a, /b: GET -: 404 -"},
    {.name = "path_with_parameters_in_it", .request = {.method = "GET", .target = "/films/a%3Ftoken=HS256-secret"},
     .outcome = {.response = {.status = 404}}, .expected = ": /films/a: GET -: 404 -"},
    {.name = "rewritten_path_with_a_second_link_in_front",
     .request = {.method = "GET", .target = "/x", .rewritten = {"/y/bcdn_token=HS256-secret/films/a"}},
     .outcome = {.response = {.status = 404}}, .expected = ": /x, /y/bcdn_token: GET -: 404 -"},
    {.name = "forged_path", .request = {.method = "GET", .target = "/\nreelgate: error: y"},
     .outcome = {.response = {.status = 404}}, .expected = ": /\\x0areelgate: error: y: GET -: 404 -"},
    {.name = "forged", .request = {.method = "GET", .range = "x\nreelgate: error: y"},
     .outcome = {.id = "film", .response = {.status = 200}},
     .expected = ": film: GET x\\x0areelgate: error: y: 200 -"},
};

BOOST_AUTO_TEST_CASE(answer_has_two_lines) {
    for (const LineRow& row : lines) {
        BOOST_TEST_CONTEXT(row.name) {
            AnswerLog log;
            const std::string begin = "reelgate: debug: request 1" + std::string{row.expected} + "\n";
            const std::string end =
                "reelgate: info: response 1" + std::string{row.expected} + ": 8 of 10 bytes in 1.500 s: aborted\n";
            set_log_level(LogLevel::debug);
            BOOST_TEST(logged(log, row.request, row.outcome) == begin + end);
        }
    }
}

BOOST_AUTO_TEST_CASE(line_is_made_where_it_is_written) {
    AnswerLog log;
    const Outcome outcome{.id = "film", .response = {.status = 200}};
    BOOST_TEST((log.begin({.method = "GET"}, outcome) == nullptr));
    set_log_level(LogLevel::info);
    BOOST_TEST(logged(log, {.method = "GET"}, outcome).starts_with("reelgate: info: response 1: film: "));
    BOOST_TEST(logged(log, {.method = "GET"}, outcome).starts_with("reelgate: info: response 2: film: "));
}

BOOST_AUTO_TEST_CASE(end_has_its_place_after_a_long_range) {
    set_log_level(LogLevel::info);
    AnswerLog log;
    const std::string text = logged(log, {.method = "GET", .range = std::string(8192, 'x')}, {.id = "film"});
    BOOST_TEST(text.size() == 4004u);
    BOOST_TEST(text.ends_with("xxx...\n"));
}

BOOST_AUTO_TEST_CASE(cause_of_the_end_follows_it) {
    set_log_level(LogLevel::info);
    const CapturedStderr captured;
    log_end({.number = 7, .id = "film", .method = "GET", .range = "-", .status = 200, .content_range = "-"},
            {.ending = "aborted", .cause = "Broken pipe"});
    BOOST_TEST(captured.text() == "reelgate: info: response 7: film: GET -: 200 -: 0 of 0 bytes in 0.000 s: aborted: "
                                  "Broken pipe\n");
}

BOOST_AUTO_TEST_CASE(note_takes_no_memory_for_its_text) {
    const Note failed{Note::Kind::failure, {.operation = "answer", .cause = "a cause of some length"}};
    const CapturedStderr captured;
    {
        const FailingAllocations failing{0, 30};
        log_notes({&failed, 1});
    }
    BOOST_TEST(captured.text() == "reelgate: error: answer: a cause of some length\n");
}

BOOST_AUTO_TEST_CASE(good_link_has_a_line_with_its_key) {
    set_log_level(LogLevel::debug);
    AnswerLog log;
    const Outcome outcome{.id = "film", .response = {.status = 200}, .link_key = "key 2"};
    BOOST_TEST(logged(log, {.method = "GET"}, outcome).starts_with(
        "reelgate: debug: request 1: film: GET -: 200 -\nreelgate: debug: link 1: film: signed with key 2\n"));
    set_log_level(LogLevel::info);
    BOOST_TEST(!contains(logged(log, {.method = "GET"}, outcome), "key 2"));
}

struct RefusalRow {
    std::string_view name;
    std::string remote_addr = "192.0.2.7";
    Outcome outcome;
    std::string_view expected;  ///< behind the level
};

const RefusalRow refusals[] = {
    {.name = "link_missing", .outcome = {.id = "film", .response = {.status = 403}, .refused = Refused::link_missing},
     .expected = "refused: 403: film: 192.0.2.7: link missing"},
    {.name = "link_not_valid",
     .outcome = {.id = "a/b.ts", .response = {.status = 403}, .refused = Refused::link_not_valid},
     .expected = "refused: 403: a/b.ts: 192.0.2.7: link not valid"},
    {.name = "link_expired", .outcome = {.id = "film", .response = {.status = 403}, .refused = Refused::link_expired},
     .expected = "refused: 403: film: 192.0.2.7: link expired"},
    {.name = "not_logged_in", .outcome = {.id = "film", .response = {.status = 401}, .refused = Refused::login},
     .expected = "refused: 401: film: 192.0.2.7: not logged in"},
    {.name = "not_logged_in_without_a_challenge",
     .outcome = {.id = "film", .response = {.status = 403}, .refused = Refused::login},
     .expected = "refused: 403: film: 192.0.2.7: not logged in"},
    {.name = "not_allowed", .outcome = {.id = "film", .response = {.status = 403}, .refused = Refused::forbidden},
     .expected = "refused: 403: film: 192.0.2.7: not allowed"},
    {.name = "hidden", .outcome = {.id = "film", .response = {.status = 404}, .refused = Refused::hidden},
     .expected = "refused: 404: film: 192.0.2.7: hidden"},
    {.name = "addresses_differ", .outcome = {.response = {.status = 403}, .refused = Refused::disputed},
     .expected = "refused: 403: -: 192.0.2.7: addresses differ"},
    {.name = "ipv6", .remote_addr = "2001:db8::7",
     .outcome = {.id = "film", .response = {.status = 403}, .refused = Refused::forbidden},
     .expected = "refused: 403: film: 2001:db8::7: not allowed"},
    {.name = "no_address", .remote_addr = "",
     .outcome = {.id = "film", .response = {.status = 403}, .refused = Refused::forbidden},
     .expected = "refused: 403: film: -: not allowed"},
    {.name = "address_of_a_unix_socket", .remote_addr = "unix:",
     .outcome = {.id = "film", .response = {.status = 403}, .refused = Refused::forbidden},
     .expected = "refused: 403: film: -: not allowed"},
    {.name = "address_with_something_behind_it", .remote_addr = "192.0.2.7: x",
     .outcome = {.id = "film", .response = {.status = 403}, .refused = Refused::forbidden},
     .expected = "refused: 403: film: -: not allowed"},
    {.name = "address_with_a_nul_behind_it", .remote_addr = {"192.0.2.7\0", 10},
     .outcome = {.id = "film", .response = {.status = 403}, .refused = Refused::forbidden},
     .expected = "refused: 403: film: -: not allowed"},
    {.name = "name_in_place_of_an_address", .remote_addr = "localhost",
     .outcome = {.id = "film", .response = {.status = 403}, .refused = Refused::forbidden},
     .expected = "refused: 403: film: -: not allowed"},
};

BOOST_AUTO_TEST_CASE(refusal_has_a_line_with_its_address) {
    for (const RefusalRow& row : refusals) {
        BOOST_TEST_CONTEXT(row.name) {
            AnswerLog log;
            const http::Request request{.method = "GET", .target = "/films/film?token=x", .remote_addr = row.remote_addr};
            const std::string expected = "reelgate: notice: " + std::string{row.expected} + "\n";
            BOOST_TEST(logged(log, request, row.outcome) == expected);
            BOOST_TEST(logged(log, request, row.outcome) == expected);
        }
    }
}

BOOST_AUTO_TEST_CASE(refusal_takes_no_memory) {
    const http::Request request{.method = "GET", .target = "/films/film", .remote_addr = "192.0.2.7"};
    const Outcome outcome{.id = "film", .response = {.status = 403}, .refused = Refused::forbidden};
    AnswerLog log;
    const CapturedStderr captured;
    {
        const FailingAllocations failing{0, 30};
        log.begin(request, outcome);
    }
    BOOST_TEST(captured.text() == "reelgate: notice: refused: 403: film: 192.0.2.7: not allowed\n");
}

BOOST_AUTO_TEST_CASE(no_refusal_is_written_below_its_level) {
    set_log_level(LogLevel::warning);
    AnswerLog log;
    BOOST_TEST(logged(log, {}, {.id = "film", .refused = Refused::forbidden}).empty());
}

struct NoteRow {
    std::string_view name;
    std::vector<Note> first, second;  ///< of two outcomes
    std::string_view expected;
};

const NoteRow note_rows[] = {
    {.name = "failure_each_time", .first = {note(Note::Kind::failure, "a")}, .second = {note(Note::Kind::failure, "b")},
     .expected = "reelgate: warning: a\nreelgate: warning: b\n"},
    {.name = "others_once", .first = {note(Note::Kind::value, "a", etag)},
     .second = {note(Note::Kind::value, "b", etag)}, .expected = "reelgate: warning: a\n"},
    {.name = "each_kind_for_itself",
     .first = {note(Note::Kind::value, "a", etag), note(Note::Kind::value, "b", media_type),
               note(Note::Kind::path, "c")},
     .second = {note(Note::Kind::path, "d"), note(Note::Kind::value, "e", media_type),
                note(Note::Kind::failure, "f")},
     .expected = "reelgate: warning: a\nreelgate: warning: b\nreelgate: warning: c\nreelgate: warning: f\n"},
    {.name = "in_order", .first = {note(Note::Kind::failure, "a"), note(Note::Kind::value, "b", etag)}, .second = {},
     .expected = "reelgate: warning: a\nreelgate: warning: b\n"},
    {.name = "all_parts", .first = {{Note::Kind::failure, {"open x", "/x", "it is gone", "find it"}}},
     .second = {}, .expected = "reelgate: error: open x: /x: it is gone; find it\n"},
    {.name = "level_that_is_not_written",
     .first = {{Note::Kind::failure, {.operation = "open x", .kind = messages::Kind::info}}}, .second = {},
     .expected = ""},
};

BOOST_AUTO_TEST_CASE(notes_are_told_as_they_come) {
    for (const NoteRow& row : note_rows) {
        BOOST_TEST_CONTEXT(row.name) {
            AnswerLog log;
            const Outcome first{.notes = row.first}, second{.notes = row.second};
            const std::string text = logged(log, {}, first);
            BOOST_TEST(text + logged(log, {}, second) == row.expected);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate
