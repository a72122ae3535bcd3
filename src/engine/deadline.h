// Owns calls that might never return.
// Does not end them: nothing ends a thread that the kernel holds.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <functional>

namespace reelgate::engine {

/// What became of a call with a deadline.
enum class CallEnd {
    returned,
    late,     ///< it still runs, in its thread
    refused,  ///< it did not begin, since max_calls_left others still run
};

/// Limit on the calls of run_within() that still run: each holds a thread.
constexpr int max_calls_left = 4;

/// Returns whether a call of run_within() still runs. Until it ends, keep alive everything that it may use.
bool is_call_left();

/// Calls `function` in a thread of its own, and waits for its end, for `time` at most, and no longer once `is_over`
/// returns true. Rethrows what it threw by then. It may run for ever, so it must own all that it uses. Throws
/// std::system_error if there is no thread for it.
CallEnd run_within(std::chrono::nanoseconds time, std::function<void()> function,
                   const std::function<bool()>& is_over = [] { return false; });

}  // namespace reelgate::engine
