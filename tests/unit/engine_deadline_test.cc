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
    BOOST_TEST((run_within(20s, [was_called] { was_called->set_value(); }) == CallEnd::returned));
    BOOST_TEST((was_called->get_future().wait_for(0s) == std::future_status::ready));
}

BOOST_AUTO_TEST_CASE(call_that_throws_throws_here) {
    BOOST_CHECK_THROW(run_within(20s, [] { throw std::invalid_argument{"it"}; }), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(call_that_hangs_is_not_waited_for) {
    const auto go_on = std::make_shared<std::promise<void>>(), ended = std::make_shared<std::promise<void>>();
    const auto hang = [go_on = go_on->get_future().share(), ended] {
        go_on.wait();
        ended->set_value();
    };
    BOOST_TEST((run_within(1ms, hang) == CallEnd::late));
    BOOST_TEST(is_call_left());
    BOOST_TEST((run_within(20s, [] {}) == CallEnd::returned));
    BOOST_TEST(is_call_left());
    go_on->set_value();
    ended->get_future().wait();
    while (is_call_left()) std::this_thread::yield();
}

BOOST_AUTO_TEST_CASE(call_that_hangs_is_not_waited_for_once_its_caller_is_to_end) {
    const auto go_on = std::make_shared<std::promise<void>>();
    BOOST_TEST((run_within(1h, [go_on] { go_on->get_future().wait(); }, [] { return true; }) == CallEnd::late));
    go_on->set_value();
    while (is_call_left()) std::this_thread::yield();
}

BOOST_AUTO_TEST_CASE(calls_that_hang_hold_few_threads) {
    std::promise<void> go_on;
    const std::shared_future<void> gone_on = go_on.get_future().share();
    for (int i = 0; i < max_calls_left; ++i)
        BOOST_TEST((run_within(1ms, [gone_on] { gone_on.wait(); }) == CallEnd::late));
    BOOST_TEST((run_within(20s, [] { BOOST_ERROR("one too many"); }) == CallEnd::refused));
    go_on.set_value();
    while (is_call_left()) std::this_thread::yield();
    BOOST_TEST((run_within(20s, [] {}) == CallEnd::returned));
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
