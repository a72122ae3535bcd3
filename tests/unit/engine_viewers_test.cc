// Owns the tests of the viewers' seats: who gets one, and what is on record.
// SPDX-License-Identifier: MIT
#include "engine/viewers.h"

#include <boost/test/unit_test.hpp>
#include <thread>
#include <vector>

namespace reelgate::engine {
namespace {

BOOST_AUTO_TEST_SUITE(engine_viewers)

BOOST_AUTO_TEST_CASE(a_seat_is_given_back_at_its_end) {
    Viewers viewers;
    {
        const auto seat = viewers.admit(0);
        BOOST_TEST((seat != nullptr));
        BOOST_TEST(viewers.now() == 1u);
    }
    BOOST_TEST(viewers.now() == 0u);
}

BOOST_AUTO_TEST_CASE(the_most_at_a_time_stay_on_record) {
    Viewers viewers;
    auto first = viewers.admit(0), second = viewers.admit(0);
    first.reset();
    BOOST_TEST(viewers.now() == 1u);
    BOOST_TEST(viewers.max() == 2u);
    first = viewers.admit(0);
    BOOST_TEST(viewers.max() == 2u);
    const auto third = viewers.admit(0);
    BOOST_TEST(viewers.now() == 3u);
    BOOST_TEST(viewers.max() == 3u);
}

BOOST_AUTO_TEST_CASE(a_viewer_that_is_refused_was_never_counted) {
    Viewers viewers;
    const auto first = viewers.admit(1);
    BOOST_TEST((viewers.admit(1) == nullptr));
    BOOST_TEST(viewers.now() == 1u);
    BOOST_TEST(viewers.max() == 1u);
}

/// As after a reload.
BOOST_AUTO_TEST_CASE(a_lower_limit_takes_no_seat_away) {
    Viewers viewers;
    std::vector<Viewers::Seat> seats;
    for (int i = 0; i < 3; ++i) seats.push_back(viewers.admit(3));
    BOOST_TEST((viewers.admit(1) == nullptr));
    BOOST_TEST(viewers.now() == 3u);
    BOOST_TEST(viewers.max() == 3u);
    seats.clear();
    BOOST_TEST((viewers.admit(1) != nullptr));
}

BOOST_AUTO_TEST_CASE(threads_that_come_at_once_get_no_more_seats_than_there_are) {
    constexpr std::size_t limit = 2;
    Viewers viewers;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&viewers] {
            for (int j = 0; j < 50'000; ++j) const auto seat = viewers.admit(limit);
        });
    for (std::thread& thread : threads) thread.join();
    BOOST_TEST(viewers.now() == 0u);
    BOOST_TEST(viewers.max() <= limit);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::engine
