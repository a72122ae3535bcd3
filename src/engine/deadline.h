// Owns calls that might never return.
// Does not end them: nothing ends a thread that the kernel holds.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <functional>

namespace reelgate::engine {

/// Returns whether a call of run_within() is still running. Nothing that it might use may be destroyed then.
bool is_call_left();

/// Calls `function` in a thread of its own, and waits for its end, `time` at most. Returns whether it has ended;
/// rethrows what it threw by then. It may run for ever, so it must own all that it uses. While an earlier call still
/// runs, returns false at once. Throws std::system_error if there is no thread for it.
bool run_within(std::chrono::nanoseconds time, std::function<void()> function);

}  // namespace reelgate::engine
