// Owns the table of open files: all who send the same version of a file share one descriptor.
// SPDX-License-Identifier: MIT
#include "media/open_files.h"

#include <utility>

namespace reelgate::media {

/// Forgets itself before its descriptor is closed: after that, its inode may be another file's.
struct OpenFiles::OpenFile {
    OpenFile(OpenFiles& among, const posix::FileId& its_key, posix::UniqueFd its_fd)
        : files(among), key(its_key), fd(std::move(its_fd)) {}
    OpenFile(const OpenFile&) = delete;
    OpenFile& operator=(const OpenFile&) = delete;
    ~OpenFile() { files.forget(key); }

    OpenFiles& files;
    const posix::FileId key;
    const posix::UniqueFd fd;
};

std::shared_ptr<const posix::UniqueFd> OpenFiles::share(posix::UniqueFd fd, const struct stat& status) {
    const posix::FileId key = posix::file_id_of(status);
    // Declared first: a spare descriptor is closed after the lock is released, since closing takes the lock itself.
    const auto opened = std::make_shared<const OpenFile>(*this, key, std::move(fd));
    std::shared_ptr<const OpenFile> shared = opened;
    Files entry{{key, opened}};
    const std::lock_guard lock{mutex_};
    const auto at = files_.insert(entry.extract(entry.begin()));
    if (!at.inserted) {
        if (auto present = at.position->second.lock())
            shared = std::move(present);
        else
            at.position->second = opened;
    }
    return {shared, &shared->fd};
}

void OpenFiles::forget(const posix::FileId& key) {
    const std::lock_guard lock{mutex_};
    // Another thread may have opened the file again meanwhile, under the same key.
    if (const auto found = files_.find(key); found != files_.end() && found->second.expired()) files_.erase(found);
}

}  // namespace reelgate::media
