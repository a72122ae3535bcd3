// Owns calls that might never return.
// SPDX-License-Identifier: MIT
#include "engine/deadline.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <future>
#include <thread>
#include <utility>

namespace reelgate::engine {

namespace {

/// How often a caller asks whether it still wants to wait.
constexpr std::chrono::milliseconds patience{20};

std::atomic<int> calls_left{0};

}  // namespace

bool is_call_left() { return calls_left > 0; }

CallEnd run_within(std::chrono::nanoseconds time, std::function<void()> function,
                   const std::function<bool()>& is_over) {
    const auto latest = std::chrono::steady_clock::now() + time;
    // First, since it takes memory: where there is none, no call must be left.
    std::promise<void> promise;
    std::future<void> end = promise.get_future();
    if (calls_left.fetch_add(1) >= max_calls_left) {
        --calls_left;
        return CallEnd::refused;
    }
    try {
        std::thread{[promise = std::move(promise), function = std::move(function)]() mutable {
            std::exception_ptr failure;
            try {
                function();
            } catch (...) {
                failure = std::current_exception();
            }
            function = {};  // destroys all that it owns before the caller goes on
            --calls_left;
            failure ? promise.set_exception(failure) : promise.set_value();
        }}.detach();
    } catch (...) {
        --calls_left;
        throw;
    }
    while (end.wait_until(std::min(latest, std::chrono::steady_clock::now() + patience)) != std::future_status::ready)
        if (is_over() || std::chrono::steady_clock::now() >= latest) return CallEnd::late;
    end.get();
    return CallEnd::returned;
}

}  // namespace reelgate::engine
