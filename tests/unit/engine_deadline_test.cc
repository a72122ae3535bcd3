// Owns the tests of calls that might never come back.
// SPDX-License-Identifier: MIT
#include "engine/deadline.h"

#include <boost/test/unit_test.hpp>
#include <future>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>

#include "failing_allocations.h"

namespace reelgate::engine {
namespace {

using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(engine_deadline)

BOOST_AUTO_TEST_CASE(call_that_ends_has_ended) {
    const auto was_called = std::make_shared<std::promise<void>>();
    BOOST_TEST(run_within(20s, [was_called] { was_called->set_value(); }));
    BOOST_TEST((was_called->get_future().wait_for(0s) == std::future_status::ready));
}

BOOST_AUTO_TEST_CASE(call_that_throws_throws_here) {
    BOOST_CHECK_THROW(run_within(20s, [] { throw std::invalid_argument{"it"}; }), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(call_that_hangs_is_not_waited_for) {
    const auto go_on = std::make_shared<std::promise<void>>(), ended = std::make_shared<std::promise<void>>();
    BOOST_TEST(!run_within(1ms, [go_on, ended] {
        go_on->get_future().wait();
        ended->set_value();
    }));
    BOOST_TEST(is_call_left());
    BOOST_TEST(!run_within(20s, [] { BOOST_ERROR("one after the other"); }));
    go_on->set_value();
    ended->get_future().wait();
    while (is_call_left()) std::this_thread::yield();
    BOOST_TEST(run_within(20s, [] {}));
}

BOOST_AUTO_TEST_CASE(call_for_which_there_is_no_memory_leaves_nothing_behind) {
    const auto attempt = [] {
        try {
            run_within(20s, [] {});
        } catch (const std::bad_alloc&) {
        }
    };
    for_each_failing_allocation(1, attempt, [](const std::string& which) {
        BOOST_TEST_CONTEXT(which) { BOOST_TEST(!is_call_left()); }
    });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::engine
