// Owns the tests of how findings are shown: characters that may not be, JSON, and the bar on the way.
// Does not test what is found.
// SPDX-License-Identifier: MIT
#include "commands/findings.h"

#include <boost/test/unit_test.hpp>

#include "commands/progress_bar.h"

namespace reelgate::commands {
namespace {

audit::Report report_of(std::string object) {
    audit::Report report;
    report.findings.push_back({audit::Kind::no_row, {}, {{}, std::move(object), "why", "remedy"}});
    return report;
}

struct ObjectRow {
    std::string_view name;
    std::string object;
    std::string_view text;
    std::string_view json;
};

const ObjectRow objects[] = {
    {.name = "plain", .object = "a.mp4", .text = "a.mp4", .json = R"("object": "a.mp4",)"},
    {.name = "beyond_ascii", .object = "\xc3\xa4", .text = "\xc3\xa4", .json = "\"object\": \"\xc3\xa4\","},
    {.name = "quotes", .object = R"(a"b\c)", .text = R"(a"b\c)", .json = R"("object": "a\"b\\c",)"},
    {.name = "control_characters", .object = "a\n\x1b\x7f", .text = "a\\x0a\\x1b\\x7f",
     .json = "\"object\": \"a\\u000a\\u001b\x7f\","},
    {.name = "c1_control_character", .object = "\xc2\x9b", .text = "\\xc2\\x9b", .json = "\"object\": \"\xc2\x9b\","},
    {.name = "no_utf8", .object = "a\xffz", .text = "a\\xffz",
     .json = "\"object\": \"a\xef\xbf\xbdz\", \"object_hex\": \"61ff7a\","},
};

struct BarRow {
    std::string_view name;
    std::size_t done;
    std::size_t total;
    std::size_t columns;
    std::string_view expected;
};

constexpr BarRow bars[] = {
    {.name = "half", .done = 1, .total = 2, .columns = 31, .expected = "doing [#####     ] 50 %, 1 of 2"},
    {.name = "nothing_done", .done = 0, .total = 2, .columns = 26, .expected = "doing [      ] 0 %, 0 of 2"},
    {.name = "all_done", .done = 2, .total = 2, .columns = 28, .expected = "doing [######] 100 %, 2 of 2"},
    {.name = "no_room_for_a_bar", .done = 1, .total = 2, .columns = 21, .expected = "doing: 50 %, 1 of 2"},
    {.name = "less_room", .done = 1, .total = 2, .columns = 8, .expected = "doing: 5"},
    {.name = "no_room", .done = 1, .total = 2, .columns = 0, .expected = ""},
    {.name = "unknown_total", .done = 7, .total = 0, .columns = 30, .expected = "doing: 7"},
};

BOOST_AUTO_TEST_SUITE(commands_findings)

BOOST_AUTO_TEST_CASE(objects_in_both_forms) {
    for (const ObjectRow& row : objects) {
        BOOST_TEST_CONTEXT(row.name) {
            const std::string text = text_of(report_of(row.object)), json = json_of(report_of(row.object));
            const std::string line = "warning: no row: " + std::string{row.text} + ": why; remedy\n";
            BOOST_TEST(text.substr(0, text.find('\n') + 1) == line);
            BOOST_TEST(json.find(row.json) != std::string::npos, json);
        }
    }
}

struct MemberRow {
    std::string_view name;
    audit::Finding finding;
    std::string_view json;
};

const MemberRow members[] = {
    {.name = "all",
     .finding = {audit::Kind::unfinished, "a", {"open catalogue", "/c.db", "why", "remedy", EACCES}},
     .json = R"({"severity": "error", "what": "unfinished audit", "id": "a", "operation": "open catalogue", )"
             R"("object": "/c.db", "cause": "why", "remedy": "remedy", "errno": 13})"},
    {.name = "those_that_each_finding_has",
     .finding = {audit::Kind::no_row, {}, {{}, "a.mp4", "why", "remedy"}},
     .json = R"({"severity": "warning", "what": "no row", "object": "a.mp4", "cause": "why", "remedy": "remedy"})"},
    {.name = "cause_that_is_no_utf8",
     .finding = {audit::Kind::no_mp4, {}, {{}, "a.mp4", "begins with \xff", "remedy"}},
     .json = "\"cause\": \"begins with \xef\xbf\xbd\", \"cause_hex\": \"626567696e73207769746820ff\""},
};

BOOST_AUTO_TEST_CASE(members_of_a_finding) {
    for (const MemberRow& row : members) {
        BOOST_TEST_CONTEXT(row.name) {
            const std::string json = json_of({.findings = {row.finding}});
            BOOST_TEST(json.find(row.json) != std::string::npos, json);
        }
    }
}

BOOST_AUTO_TEST_CASE(bars_of_each_width) {
    for (const BarRow& row : bars) {
        BOOST_TEST_CONTEXT(row.name) {
            const std::string bar = bar_of("doing", row.done, row.total, row.columns);
            BOOST_TEST(bar == row.expected);
            BOOST_TEST(bar.size() <= row.columns);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::commands
