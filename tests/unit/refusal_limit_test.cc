// Owns the tests of what keeps refusals from filling a disk.
// SPDX-License-Identifier: MIT
#include "refusal_limit.h"

#include <boost/test/unit_test.hpp>
#include <string_view>
#include <vector>

namespace reelgate {
namespace {

struct Event {
    int milliseconds = 0;     ///< since the beginning
    unsigned refusals = 0;    ///< that come then
    unsigned written = 0;
    std::uint64_t told = 0;   ///< before them
};

struct Row {
    std::string_view name;
    std::vector<Event> events;
    std::uint64_t left = 0;  ///< counted at the end
};

const Row rows[] = {
    {.name = "one", .events = {{0, 1, 1}}},
    {.name = "ten_at_a_time", .events = {{0, 10, 10}}},
    {.name = "eleven_at_a_time", .events = {{0, 11, 10}}, .left = 1},
    {.name = "ten_within_a_second", .events = {{0, 4, 4}, {500, 4, 4}, {999, 4, 2}}, .left = 2},
    {.name = "told_when_the_second_is_over", .events = {{0, 30, 10}, {999, 0, 0}, {1000, 0, 0, 20}, {1001, 0, 0}}},
    {.name = "told_before_the_next", .events = {{0, 30, 10}, {1000, 12, 10, 20}, {2000, 1, 1, 2}}},
    {.name = "told_after_hours", .events = {{0, 11, 10}, {7'200'000, 1, 1, 1}}},
    {.name = "a_second_begins_with_a_refusal", .events = {{0, 1, 1}, {1500, 10, 10}, {2400, 1, 0}, {2500, 1, 1, 1}}},
};

BOOST_AUTO_TEST_SUITE(refusal_limit)

BOOST_AUTO_TEST_CASE(ten_within_a_second_have_a_line) {
    for (const Row& row : rows) {
        BOOST_TEST_CONTEXT(row.name) {
            RefusalLimit limit;
            const RefusalLimit::Time begin{std::chrono::hours{5}};
            for (const Event& event : row.events) {
                BOOST_TEST_CONTEXT("at " << event.milliseconds) {
                    const auto now = begin + std::chrono::milliseconds{event.milliseconds};
                    BOOST_TEST(limit.take_due(now) == event.told);
                    unsigned written = 0;
                    for (unsigned i = 0; i < event.refusals; ++i) written += limit.admit(now, 0) ? 1 : 0;
                    BOOST_TEST(written == event.written);
                }
            }
            BOOST_TEST(limit.take() == row.left);
            BOOST_TEST(limit.take() == 0u);
        }
    }
}

BOOST_AUTO_TEST_CASE(no_reason_takes_the_lines_of_another) {
    RefusalLimit limit;
    const RefusalLimit::Time now{std::chrono::hours{5}};
    for (unsigned i = 0; i < 100; ++i) limit.admit(now, 0);
    for (std::size_t reason = 1; reason < RefusalLimit::max_reasons; ++reason) BOOST_TEST(limit.admit(now, reason));
    BOOST_TEST(limit.take() == 90u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate
