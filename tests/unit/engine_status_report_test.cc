// Owns the tests of how reelgate answers questions about itself: each form, and which is meant.
// SPDX-License-Identifier: MIT
#include "engine/status_report.h"

#include <boost/test/unit_test.hpp>
#include <sstream>
#include <string>

#include "messages.h"

namespace reelgate::engine {
namespace {

using namespace std::chrono_literals;

/// No two figures are alike.
Status some_status() {
    Status status{.threads = 4, .open_connections = 5, .viewers = 6, .max_viewers = 7, .max_descriptors = 20'000};
    status.start_time = std::chrono::sys_days{std::chrono::year{2026} / 11 / 2} + 9h + 3min + 7s;
    status.now = status.start_time + 100s + 900ms;
    std::uint64_t figure = 100;
    for (std::uint64_t& count : status.counts) count = ++figure;
    at(status.counts, Counter::bytes_sent) = 12'345'678'901'234;
    at(status.counts, Counter::catalog_nanoseconds) = 3'000'045'999;
    return status;
}

BOOST_AUTO_TEST_SUITE(engine_status_report)

constexpr std::string_view text = "version:                  " REELGATE_VERSION R"(
start time:               02/Nov/2026:09:03:07 +0000
start since:              100
threads:                  4
descriptors limit:        20000
accepted conn:            101
open conn:                5
accept pauses:            102
active viewers:           6
max active viewers:       7
max viewers reached:      104
requests:                 426
requests GET:             105
requests HEAD:            106
requests OPTIONS:         107
requests other:           108
requests keep-conn:       136
status 200:               109
status 204:               110
status 206:               111
status 304:               112
status 401:               113
status 403:               114
status 404:               115
status 405:               116
status 412:               117
status 416:               118
status 500:               119
status 503:               120
links good:               137
refused link missing:     138
refused link not valid:   139
refused link expired:     140
refused not logged in:    141
refused not allowed:      142
refused hidden:           143
refused addresses differ: 144
ranges none:              121
ranges single:            122
ranges multipart:         123
ranges ignored:           124
ranges unsatisfiable:     125
answers complete:         126
answers aborted:          127
answers stalled:          128
answers broken:           129
answers offloaded:        130
bytes sent:               12345678901234
catalogue look-ups:       132
catalogue errors:         133
catalogue seconds:        3.000045
hung folders:             0
reloads:                  135
monitoring requests:      103
)";

BOOST_AUTO_TEST_CASE(text_has_a_line_for_each_figure) { BOOST_TEST(format_text(some_status()) == text); }

BOOST_AUTO_TEST_CASE(json_has_the_names_and_values_of_the_text) {
    std::string expected;
    std::istringstream lines{std::string{text}};
    for (std::string line; std::getline(lines, line);) {
        const std::string name = line.substr(0, line.find(':'));
        std::string value = line.substr(line.find_first_not_of(' ', line.find(':') + 1));
        if (name == "version") value = '"' + value + '"';
        if (name == "start time") value = "1793610187";
        expected += (expected.empty() ? "{\"" : ",\"") + name + "\":" + value;
    }
    BOOST_TEST(format_json(some_status()) == expected + ",\"hung storage\":[]}\n");
}

BOOST_AUTO_TEST_CASE(folders_that_do_not_answer_are_named) {
    Status status = some_status();
    status.hung = {{"/srv/films", std::chrono::milliseconds{12'900}, 3, 2},
                   {"/mnt/my \"nas\"", std::chrono::seconds{5}, 0, 0}};
    BOOST_TEST(contains(format_text(status), "hung folders:             2\n"));
    BOOST_TEST(format_text(status).ends_with(
        "hung storage:             /srv/films: no answer for 12 s, 3 waiting, 2 threads held\n"
        "hung storage:             /mnt/my \"nas\": no answer for 5 s, 0 waiting, 0 threads held\n"));
    BOOST_TEST(format_json(status).ends_with(
        R"(,"hung storage":[{"folder":"/srv/films","seconds":12,"waiting":3,"threads":2},)"
        R"({"folder":"/mnt/my \"nas\"","seconds":5,"waiting":0,"threads":0}]})" "\n"));
}

BOOST_AUTO_TEST_CASE(each_reason_has_its_figure_under_its_name_in_the_log) {
    for (const Refused refused : {Refused::link_missing, Refused::link_not_valid, Refused::link_expired,
                                  Refused::login, Refused::forbidden, Refused::hidden, Refused::disputed}) {
        const std::string why{row_of(refused).why};
        BOOST_TEST_CONTEXT(why) {
            Status status;
            at(status.counts, counter_of_refused(refused)) = 98'765;
            BOOST_TEST(contains(format_json(status), "\"refused " + why + "\":98765,"));
            BOOST_TEST(contains(format_openmetrics(status),
                                "\nreelgate_refused_total{reason=\"" + why + "\"} 98765\n"));
        }
    }
}

struct MetricRow {
    std::string_view name;
    std::string_view lines;
};

constexpr MetricRow metrics[] = {
    {.name = "version", .lines = "# TYPE reelgate_build info\n# HELP reelgate_build The program that runs\n"
                                 "reelgate_build_info{version=\"" REELGATE_VERSION "\"} 1\n"},
    {.name = "gauge", .lines = "# TYPE reelgate_viewers gauge\n# HELP reelgate_viewers Answers going on now\n"
                               "reelgate_viewers 6\n"},
    {.name = "counter_with_a_unit",
     .lines = "# TYPE reelgate_sent_bytes counter\n# UNIT reelgate_sent_bytes bytes\n"
              "# HELP reelgate_sent_bytes Content sent\nreelgate_sent_bytes_total 12345678901234\n"},
    {.name = "counter_of_seconds", .lines = "\nreelgate_catalog_seconds_total 3.000045\n"},
    {.name = "labels_of_one_family_stand_together",
     .lines = "# TYPE reelgate_answers counter\n# HELP reelgate_answers Answers that have ended, by how they did\n"
              "reelgate_answers_total{ending=\"complete\"} 126\nreelgate_answers_total{ending=\"aborted\"} 127\n"
              "reelgate_answers_total{ending=\"stalled\"} 128\nreelgate_answers_total{ending=\"broken\"} 129\n# TYPE"},
};

BOOST_AUTO_TEST_CASE(openmetrics_says_type_unit_and_help) {
    const std::string formatted = format_openmetrics(some_status());
    for (const MetricRow& row : metrics)
        BOOST_TEST_CONTEXT(row.name) { BOOST_TEST(contains(formatted, row.lines)); }
    BOOST_TEST(formatted.ends_with("\n# EOF\n"));
}

struct AnswerRow {
    std::string_view name;
    std::string target = "/s";
    std::string method = "GET";
    int status = 200;
    std::string_view media_type = "text/plain; charset=utf-8";
    std::string_view begin;  ///< of the content
};

const AnswerRow answers[] = {
    {.name = "no_query", .begin = "version: "},
    {.name = "unknown_query", .target = "/s?full", .begin = "version: "},
    {.name = "json", .target = "/s?json", .media_type = "application/json", .begin = "{\"version\":"},
    {.name = "json_among_others", .target = "/s?full&json", .media_type = "application/json", .begin = "{"},
    {.name = "longer_name", .target = "/s?jsonp", .begin = "version: "},
    {.name = "name_as_a_value", .target = "/s?form=json", .begin = "version: "},
    {.name = "openmetrics", .target = "/s?openmetrics",
     .media_type = "application/openmetrics-text; version=1.0.0; charset=utf-8", .begin = "# TYPE "},
    {.name = "parameter_with_an_empty_value", .target = "/s?openmetrics=",
     .media_type = "application/openmetrics-text; version=1.0.0; charset=utf-8", .begin = "# TYPE "},
    {.name = "html", .target = "/s?html", .media_type = "text/html; charset=utf-8", .begin = "<!DOCTYPE html>\n"},
    {.name = "absolute_form", .target = "http://h/s?json", .media_type = "application/json", .begin = "{"},
    {.name = "head", .method = "HEAD"},
    {.name = "another_method", .method = "POST", .status = 405,
     .media_type = "application/json", .begin = "{\"detail\""},
};

BOOST_AUTO_TEST_CASE(query_says_which_form_is_meant) {
    for (const AnswerRow& row : answers) {
        BOOST_TEST_CONTEXT(row.name) {
            const http::Response response = answer_status({.method = row.method, .target = row.target}, some_status());
            BOOST_TEST(response.status == row.status);
            const auto* media_type = http::find_field(response, "Content-Type");
            BOOST_TEST_REQUIRE(media_type);
            BOOST_TEST(*media_type == row.media_type);
            BOOST_TEST((http::find_field(response, "Cache-Control") &&
                        *http::find_field(response, "Cache-Control") == "no-store"));
            BOOST_TEST(response.pieces.empty() == (row.method == "HEAD"));
            if (!response.pieces.empty())
                BOOST_TEST(std::get<std::string>(response.pieces.front()).starts_with(row.begin));
        }
    }
}

BOOST_AUTO_TEST_CASE(ping_is_answered_with_pong) {
    const http::Response expected{200,
                                  {{"Content-Type", "text/plain; charset=utf-8"}, {"Cache-Control", "no-store"},
                                   {"Content-Length", "4"}},
                                  {"pong"}};
    BOOST_TEST((answer_ping({.method = "GET", .target = "/p"}) == expected));
    BOOST_TEST(answer_ping({.method = "HEAD", .target = "/p"}).pieces.empty());
    BOOST_TEST(answer_ping({.method = "OPTIONS", .target = "/p"}).status == 204);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::engine
