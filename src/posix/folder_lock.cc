// Owns the lock on a folder: processes that change the same name in it take turns.
// SPDX-License-Identifier: MIT
#include "posix/folder_lock.h"

#include <poll.h>
#include <sys/file.h>

#include <cerrno>

namespace reelgate::posix {

FolderLock::FolderLock(int folder, std::chrono::seconds max_wait) noexcept : folder_(folder) {
    using Clock = std::chrono::steady_clock;
    constexpr int pause = 5;  // milliseconds; a process usually holds the lock for less
    const auto end = Clock::now() + max_wait;
    while (folder_ >= 0 && flock(folder_, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EINTR) continue;
        is_refused_ = errno == EWOULDBLOCK && Clock::now() >= end;
        if (is_refused_ || errno != EWOULDBLOCK) return;
        poll(nullptr, 0, pause);
    }
}

FolderLock::~FolderLock() {
    if (folder_ >= 0 && !is_refused_) flock(folder_, LOCK_UN);
}

}  // namespace reelgate::posix
