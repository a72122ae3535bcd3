// Owns calls that might never return.
// SPDX-License-Identifier: MIT
#include "engine/deadline.h"

#include <atomic>
#include <exception>
#include <future>
#include <thread>
#include <utility>

namespace reelgate::engine {

namespace {

std::atomic<bool> is_busy{false};

}  // namespace

bool is_call_left() { return is_busy; }

bool run_within(std::chrono::nanoseconds time, std::function<void()> function) {
    // First, since it takes memory: where there is none, nothing must stay busy.
    std::promise<void> promise;
    std::future<void> end = promise.get_future();
    if (is_busy.exchange(true)) return false;
    try {
        std::thread{[promise = std::move(promise), function = std::move(function)]() mutable {
            std::exception_ptr failure;
            try {
                function();
            } catch (...) {
                failure = std::current_exception();
            }
            function = {};  // destroys all that it owns before the caller goes on
            is_busy = false;
            failure ? promise.set_exception(failure) : promise.set_value();
        }}.detach();
    } catch (...) {
        is_busy = false;
        throw;
    }
    if (end.wait_for(time) != std::future_status::ready) return false;
    end.get();
    return true;
}

}  // namespace reelgate::engine
