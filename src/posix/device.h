// Finds the device behind a path without asking the storage.
// Does not open anything for reading, and does not decide who may.
// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>

#include "posix/unique_fd.h"

namespace reelgate::posix {

/// Follows a path as far as the kernel can without asking a storage, which might not answer: through what is in its
/// cache of names. A place where something is mounted always is.
class DeviceSearch {
public:
    /// Searches from `folder`, which must outlive this: an open folder, or AT_FDCWD. `resolve` limits the search, as
    /// openat2(2) has it. Where the kernel does not search so (before Linux 5.12), device() is the one of `folder`.
    DeviceSearch(int folder, std::filesystem::path path, std::uint64_t resolve = 0);

    /// Gives the device of the file itself, or of the deepest folder on the way that was reached: the next step asks
    /// that device.
    dev_t device() const { return device_; }

    /// Reads the symbolic link at which the search ended, which asks device(), and goes on behind it. False where there
    /// is none to be read, and after as many links as the kernel follows.
    bool follow_link();

private:
    void search();

    int folder_;
    std::filesystem::path path_;
    std::uint64_t resolve_;
    dev_t device_ = 0;
    unsigned links_ = 0;
    UniqueFd link_;                ///< the symbolic link at which the search ended, if at one
    std::filesystem::path known_;  ///< what is before it in path_
    std::filesystem::path rest_;   ///< what is behind it
};

}  // namespace reelgate::posix
