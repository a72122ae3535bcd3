// Owns the door to stored media: the only file that opens what is below the folder of videos.
// SPDX-License-Identifier: MIT
#include "media/media_file.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <map>
#include <mutex>
#include <utility>

#include "posix/error.h"

namespace reelgate::media {

namespace {

using Reason = NoMediaFile::Reason;

posix::UniqueFd open_folder(const std::filesystem::path& folder) {
    posix::UniqueFd fd{::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
    if (!fd) posix::throw_errno("open folder of videos", folder.native());
    return fd;
}

/// The files that are open at present, by what they are. An inode is one version of a file: a new one has another, as
/// long as we hold this.
class OpenFiles {
public:
    /// Gives the descriptor that others have of the same file, and closes `fd`; or keeps `fd` for those who will come.
    std::shared_ptr<const posix::UniqueFd> share(posix::UniqueFd fd, const struct stat& status) {
        const Key key{status.st_dev, status.st_ino};
        // Declared first: a descriptor that is not needed is closed after the lock is given back.
        std::shared_ptr<const posix::UniqueFd> shared;
        const std::lock_guard lock{mutex_};
        auto& entry = files_[key];
        shared = entry.lock();
        if (!shared) {
            const auto deleter = [this, key](const posix::UniqueFd* last) { forget(key, last); };
            shared = {new posix::UniqueFd{std::move(fd)}, deleter};
            entry = shared;
        }
        return shared;
    }

private:
    using Key = std::pair<dev_t, ino_t>;

    void forget(const Key& key, const posix::UniqueFd* last) {
        {
            const std::lock_guard lock{mutex_};
            // Meanwhile somebody may have opened the file anew, under the same key.
            if (const auto found = files_.find(key); found != files_.end() && found->second.expired())
                files_.erase(found);
        }
        delete last;
    }

    std::mutex mutex_;
    std::map<Key, std::weak_ptr<const posix::UniqueFd>> files_;
};

/// With RESOLVE_BENEATH the kernel says EAGAIN when a rename elsewhere in the tree may have raced with its walk, and
/// asks to try again (openat2(2)). Bounded, so that a storm of renames cannot hold a thread.
constexpr int most_tries = 16;

int open_beneath(int folder, const std::string& name) {
    open_how how{};
    // Non-blocking and without a controlling terminal: the name may turn out to be a FIFO or a device.
    how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
    int fd = -1;
    for (int i = 0; i < most_tries; ++i) {
        // glibc has no wrapper for openat2.
        fd = static_cast<int>(syscall(SYS_openat2, folder, name.c_str(), &how, sizeof how));
        if (fd >= 0 || (errno != EAGAIN && errno != EINTR)) break;
    }
    return fd;
}

/// Sorts what openat2 said; throws what is not about this name.
NoMediaFile no_media_file(int error, const std::string& path) {
    switch (error) {
        case ENOENT: case ENOTDIR: case ENAMETOOLONG:
            return {Reason::absent, path + ": " + posix::cause(error)};
        case EXDEV:
            return {Reason::refused, path + ": leads out of the folder of videos (a symbolic link or ..); "
                                            "put the file itself there, or a hard link"};
        case ELOOP: case ENXIO: case ENODEV:
            return {Reason::refused, path + ": " + posix::cause(error)};
        case EACCES: case EPERM:
            return {Reason::unreadable, path + ": " + posix::cause(error) + " for user id " +
                                            std::to_string(geteuid()) + "; it needs the right to read the file and "
                                            "to search its folders"};
        default: posix::throw_errno("open", path, error);
    }
}

}  // namespace

std::variant<MediaFile, NoMediaFile> open_media_file(const std::filesystem::path& folder, const std::string& name) {
    // Opened for each request, since the folder may be a mount that comes and goes.
    const posix::UniqueFd folder_fd = open_folder(folder);

    const std::string path = (folder / name).native();
    posix::UniqueFd fd{open_beneath(folder_fd.get(), name)};
    if (!fd) return no_media_file(errno, path);

    struct stat status;
    if (fstat(fd.get(), &status) != 0) posix::throw_errno("stat", path);
    if (!S_ISREG(status.st_mode)) return NoMediaFile{Reason::refused, path + ": not a regular file"};
    static OpenFiles open_files;
    MediaFile file;
    file.fd = open_files.share(std::move(fd), status);
    file.complete_length = static_cast<std::uint64_t>(status.st_size);
    file.last_modified = http::Time{std::chrono::seconds{status.st_mtim.tv_sec}};
    return file;
}

void check_folder(const std::filesystem::path& folder) { open_folder(folder); }

}  // namespace reelgate::media
