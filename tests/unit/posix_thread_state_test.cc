// Owns the tests of what the kernel says of a thread.
// SPDX-License-Identifier: MIT
#include "posix/thread_state.h"

#include <unistd.h>

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <thread>

#include "posix/unique_fd.h"

namespace reelgate::posix {
namespace {

BOOST_AUTO_TEST_SUITE(posix_thread_state)

BOOST_AUTO_TEST_CASE(thread_that_waits_is_blocked_and_one_that_runs_is_not) {
    int ends[2];
    BOOST_TEST_REQUIRE(pipe(ends) == 0);
    UniqueFd from{ends[0]}, to{ends[1]};
    std::atomic<pid_t> id{0};
    std::atomic<bool> is_over{false};
    std::thread waiting{[&] {
        id = gettid();
        char byte = 0;
        [[maybe_unused]] const ssize_t n = read(from.get(), &byte, 1);
    }};
    while (id == 0 || !is_thread_blocked(id)) std::this_thread::yield();
    BOOST_TEST(write(to.get(), "x", 1) == 1);
    waiting.join();

    id = 0;
    std::thread running{[&] {
        id = gettid();
        while (!is_over) {}
    }};
    while (id == 0) std::this_thread::yield();
    for (int i = 0; i < 100; ++i) BOOST_TEST(!is_thread_blocked(id));
    is_over = true;
    running.join();
}

BOOST_AUTO_TEST_CASE(thread_that_does_not_exist_is_not_blocked) { BOOST_TEST(!is_thread_blocked(-1)); }

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::posix
