// Owns what the kernel says of a thread of this process.
// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

namespace reelgate::posix {

/// Returns whether a thread of this process waits in the kernel, instead of running or waiting for a processor. False
/// if that cannot be told. Does not use the heap.
bool is_thread_blocked(pid_t thread) noexcept;

}  // namespace reelgate::posix
