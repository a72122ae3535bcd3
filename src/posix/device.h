// Finds the device behind a path without asking the storage.
// Does not open anything for reading.
// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>

#include "posix/unique_fd.h"

namespace reelgate::posix {

/// Follows a path as far as the kernel can without asking storage, which might not answer: through its cache of names,
/// which always contains mount points.
class DeviceSearch {
public:
    /// Searches from `folder`, which must outlive this: an open folder, or AT_FDCWD. `resolve` limits the search as in
    /// openat2(2). Before Linux 5.12, which cannot search like that, device() is that of `folder`.
    DeviceSearch(int folder, std::filesystem::path path, std::uint64_t resolve = 0);

    /// Returns the device of the file itself, or of the deepest folder reached: the next step asks that device.
    dev_t device() const { return device_; }

    /// Reads the symbolic link at which the search ended, which asks device(), and continues from its target. Returns
    /// false if there is no link to read, and after as many links as the kernel follows.
    bool follow_link();

private:
    void search();

    int folder_;
    std::filesystem::path path_;
    std::uint64_t resolve_;
    dev_t device_ = 0;
    unsigned links_ = 0;
    UniqueFd link_;                ///< the symbolic link at which the search ended; none if it did not end at one
    std::filesystem::path known_;  ///< the part of path_ before it
    std::filesystem::path rest_;   ///< the part behind it
};

}  // namespace reelgate::posix
