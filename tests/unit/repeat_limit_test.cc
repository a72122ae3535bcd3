// Owns the tests of what keeps a repeated failure from filling a disk.
// SPDX-License-Identifier: MIT
#include "repeat_limit.h"

#include <boost/test/unit_test.hpp>

namespace reelgate {
namespace {

using Lines = std::vector<std::string>;

struct Event {
    int milliseconds = 0;      ///< since the beginning
    std::string_view line;     ///< empty: something that is never counted
    Lines written;
};

struct Row {
    std::string_view name;
    std::vector<Event> events;
    Lines left;  ///< what is told at the end
};

const Row rows[] = {
    {.name = "one_line", .events = {{0, "a", {"a"}}}},
    {.name = "different_lines_are_all_written", .events = {{0, "a", {"a"}}, {0, "b", {"b"}}, {1, "c", {"c"}}}},
    {.name = "repetitions_are_counted_and_told_with_the_next",
     .events = {{0, "a", {"a"}}, {1, "a", {}}, {9999, "a", {}}, {10'000, "a", {"a: 2 more within 10 s", "a"}}}},
    {.name = "told_with_another_line", .events = {{0, "a", {"a"}}, {1500, "a", {}},
                                                  {60'000, "b", {"a: 1 more within 2 s", "b"}}}},
    {.name = "told_with_what_is_never_counted",
     .events = {{0, "a", {"a"}}, {1, "a", {}}, {9'000, "", {}}, {10'000, "", {"a: 1 more within 1 s"}}}},
    {.name = "written_again_when_ten_seconds_are_over", .events = {{0, "a", {"a"}}, {10'000, "a", {"a"}}}},
    {.name = "two_that_alternate", .events = {{0, "a", {"a"}}, {1, "b", {"b"}}, {2, "a", {}}, {3, "b", {}},
                                              {10'001, "c", {"a: 1 more within 1 s", "b: 1 more within 1 s", "c"}}}},
    {.name = "told_at_the_end", .events = {{0, "a", {"a"}}, {1, "a", {}}, {2, "b", {"b"}}, {3000, "a", {}}},
     .left = {"a: 2 more within 3 s"}},
};

BOOST_AUTO_TEST_SUITE(repeat_limit)

BOOST_AUTO_TEST_CASE(line_is_written_once_in_ten_seconds) {
    for (const Row& row : rows) {
        BOOST_TEST_CONTEXT(row.name) {
            RepeatLimit limit;
            const RepeatLimit::Time begin{std::chrono::hours{5}};
            for (const Event& event : row.events) {
                const auto now = begin + std::chrono::milliseconds{event.milliseconds};
                const Lines written = event.line.empty() ? limit.due(now) : limit.admit(event.line, now);
                BOOST_TEST_CONTEXT(event.line << " at " << event.milliseconds)
                    BOOST_TEST(written == event.written, boost::test_tools::per_element());
            }
            BOOST_TEST(limit.forget() == row.left, boost::test_tools::per_element());
            BOOST_TEST(limit.forget().empty());
        }
    }
}

BOOST_AUTO_TEST_CASE(after_forgetting_it_is_written_again) {
    RepeatLimit limit;
    limit.admit("a", {});
    limit.forget();
    BOOST_TEST((limit.admit("a", {}) == Lines{"a"}));
}

/// A thousand different failures are a thousand lines; the memory does not grow with them, and nothing is left untold.
BOOST_AUTO_TEST_CASE(many_different_lines_are_all_written_and_all_counted) {
    RepeatLimit limit;
    std::size_t summaries = 0;
    for (int i = 0; i < 1000; ++i) {
        const std::string line = "line " + std::to_string(i);
        const Lines written = limit.admit(line, {});
        BOOST_TEST((written.back() == line));
        summaries += written.size() - 1;
        BOOST_TEST(limit.admit(line, {}).empty());
    }
    BOOST_TEST(summaries + limit.forget().size() == 1000u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate
