// Owns the lock on a folder: processes that change the same name in it take turns.
// Does not open the folder, and leaves nothing in it.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>

namespace reelgate::posix {

/// A lock (flock(2)) on an open folder, which must outlive it. A process that dies gives it up.
class FolderLock {
public:
    /// Waits for the lock at most this long. Does without one where there is no folder (-1), or its file system has no
    /// such locks.
    FolderLock(int folder, std::chrono::seconds max_wait) noexcept;
    FolderLock(const FolderLock&) = delete;
    FolderLock& operator=(const FolderLock&) = delete;
    ~FolderLock();

    /// Tells whether another process had it all the time, so that this one has not.
    bool is_refused() const { return is_refused_; }

private:
    int folder_;
    bool is_refused_ = false;
};

}  // namespace reelgate::posix
