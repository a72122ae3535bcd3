// Owns what a test has happen right after a thread has unlocked a mutex: what other threads may do there.
// SPDX-License-Identifier: MIT
#pragma once

#include <functional>

namespace reelgate {

/// Calls `function` once, after this thread's next unlocking of a mutex, while this lives.
class AfterUnlocking {
public:
    explicit AfterUnlocking(std::function<void()> function);
    AfterUnlocking(const AfterUnlocking&) = delete;
    AfterUnlocking& operator=(const AfterUnlocking&) = delete;
    ~AfterUnlocking();
};

}  // namespace reelgate
