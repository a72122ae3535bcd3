// Owns what a test has happen right after a thread has unlocked a mutex: what other threads may do there.
// SPDX-License-Identifier: MIT
#include "lock_calls.h"

#include <dlfcn.h>
#include <pthread.h>

#include <utility>

namespace {

thread_local std::function<void()> after_unlocking;
thread_local bool is_awaited = false;

}  // namespace

/// In place of C's library, or of a sanitizer before it.
extern "C" int pthread_mutex_unlock(pthread_mutex_t* mutex) noexcept {
    static const auto original =
        reinterpret_cast<int (*)(pthread_mutex_t*)>(dlsym(RTLD_NEXT, "pthread_mutex_unlock"));
    const int result = original(mutex);
    // Not again by what the function itself unlocks.
    if (std::exchange(is_awaited, false)) after_unlocking();
    return result;
}

namespace reelgate {

AfterUnlocking::AfterUnlocking(std::function<void()> function) {
    after_unlocking = std::move(function);
    is_awaited = true;
}

AfterUnlocking::~AfterUnlocking() {
    is_awaited = false;
    after_unlocking = nullptr;
}

}  // namespace reelgate
