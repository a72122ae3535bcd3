// Owns the table of open files: all who send the same version of a file share one descriptor.
// Does not open them: opening.cc does.
// SPDX-License-Identifier: MIT
#pragma once

#include <sys/stat.h>

#include <map>
#include <memory>
#include <mutex>

#include "posix/file_id.h"
#include "posix/unique_fd.h"

namespace reelgate::media {

/// The files that are open at present, by device and inode. An inode is one version of a file: while we hold it, a new
/// version has another. For any thread; must outlive all descriptors that it has given out.
class OpenFiles {
public:
    /// Returns the descriptor that others have of the same file, and closes `fd`; or shares `fd` from now on. `status`
    /// is what fstat(2) says of `fd`. Allocates before it takes the lock: a failure then leaves nothing behind.
    std::shared_ptr<const posix::UniqueFd> share(posix::UniqueFd fd, const struct stat& status);

private:
    struct OpenFile;
    using Files = std::map<posix::FileId, std::weak_ptr<const OpenFile>>;

    void forget(const posix::FileId& key);

    std::mutex mutex_;
    Files files_;  // under mutex_
};

}  // namespace reelgate::media
