// Owns the lock on a folder: processes that change the same name in it take turns.
// Does not open the folder, and leaves nothing in it.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>

namespace reelgate::posix {

/// A lock (flock(2)) on an open folder, which must outlive it. The lock ends with its process.
class FolderLock {
public:
    /// Waits for the lock, `max_wait` at most. Goes on without a lock if there is no folder (-1), or its file system
    /// has no such locks.
    FolderLock(int folder, std::chrono::seconds max_wait) noexcept;
    FolderLock(const FolderLock&) = delete;
    FolderLock& operator=(const FolderLock&) = delete;
    ~FolderLock();

    /// Returns whether another process held the lock all the time.
    bool is_refused() const { return is_refused_; }

private:
    int folder_;
    bool is_refused_ = false;
};

}  // namespace reelgate::posix
