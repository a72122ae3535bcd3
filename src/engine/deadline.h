// Owns calls that might never come back.
// Does not end them: where the kernel holds a thread, nothing does.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <functional>

namespace reelgate::engine {

/// Tells whether a call of run_within() is still going on. Then nothing that it might use may be taken away.
bool is_call_left();

/// Calls `function` in a thread of its own, and waits for its end, no longer than `time`. Returns whether it has ended;
/// throws what it threw by then. It may go on for ever: it must own all that it uses. While one goes on, no other is
/// begun. Throws std::system_error where there is no thread for it.
bool run_within(std::chrono::nanoseconds time, std::function<void()> function);

}  // namespace reelgate::engine
