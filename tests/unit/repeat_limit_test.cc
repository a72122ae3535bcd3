// Owns the tests of what keeps a repeated failure from filling a disk.
// SPDX-License-Identifier: MIT
#include "repeat_limit.h"

#include <boost/test/unit_test.hpp>
#include <string>
#include <utility>
#include <vector>

namespace reelgate {
namespace {

using Lines = std::vector<std::string>;

/// Keeps what is passed on.
class Written final : public LogLines {
public:
    void write(std::string_view line) noexcept override { lines_.emplace_back(line); }

    /// Returns what has come since the last call.
    Lines take() { return std::exchange(lines_, {}); }

private:
    Lines lines_;
};

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
            Written written;
            RepeatLimit limit{written};
            const RepeatLimit::Time begin{std::chrono::hours{5}};
            for (const Event& event : row.events) {
                const auto now = begin + std::chrono::milliseconds{event.milliseconds};
                if (event.line.empty())
                    limit.tell_due(now);
                else
                    limit.admit(event.line, now);
                BOOST_TEST_CONTEXT(event.line << " at " << event.milliseconds)
                    BOOST_TEST(written.take() == event.written, boost::test_tools::per_element());
            }
            limit.tell_all();
            BOOST_TEST(written.take() == row.left, boost::test_tools::per_element());
            limit.tell_all();
            BOOST_TEST(written.take().empty());
        }
    }
}

BOOST_AUTO_TEST_CASE(after_the_summary_it_is_written_again) {
    Written written;
    RepeatLimit limit{written};
    limit.admit("a", {});
    limit.tell_all();
    limit.admit("a", {});
    BOOST_TEST((written.take() == Lines{"a", "a"}));
}

/// A thousand different failures are a thousand lines; the memory does not grow with them, and nothing is left untold.
BOOST_AUTO_TEST_CASE(many_different_lines_are_all_written_and_all_counted) {
    Written written;
    RepeatLimit limit{written};
    std::size_t summaries = 0;
    for (int i = 0; i < 1000; ++i) {
        const std::string line = "line " + std::to_string(i);
        limit.admit(line, {});
        const Lines lines = written.take();
        BOOST_TEST((lines.back() == line));
        summaries += lines.size() - 1;
        limit.admit(line, {});
        BOOST_TEST(written.take().empty());
    }
    limit.tell_all();
    BOOST_TEST(summaries + written.take().size() == 1000u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate
