// Owns the door to stored media: the only file that opens what is below the folder of videos.
// SPDX-License-Identifier: MIT
#include "media/media_file.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <map>
#include <mutex>
#include <stdexcept>
#include <utility>

#include "posix/access.h"
#include "posix/error.h"

namespace reelgate::media {

namespace {

using Reason = NoMediaFile::Reason;

/// How often the path is compared with the open folder. Opening it for each request took a tenth of a short one's time.
constexpr std::chrono::seconds look_interval{1};

/// The files that are open at present, by what they are. An inode is one version of a file: a new one has another, as
/// long as we hold this.
class OpenFiles {
public:
    /// Gives the descriptor that others have of the same file, and closes `fd`; or keeps `fd` for those who will come.
    /// Nothing is allocated under the lock: what fails before it leaves nothing behind.
    std::shared_ptr<const posix::UniqueFd> share(posix::UniqueFd fd, const struct stat& status) {
        const Key key{status.st_dev, status.st_ino};
        // Declared first: a descriptor that is not needed is closed after the lock is given back, and takes it itself.
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

private:
    using Key = std::pair<dev_t, ino_t>;

    /// Is forgotten before its descriptor is closed, and with that before its inode can be another file's.
    struct OpenFile {
        OpenFile(OpenFiles& among, const Key& its_key, posix::UniqueFd its_fd)
            : files(among), key(its_key), fd(std::move(its_fd)) {}
        OpenFile(const OpenFile&) = delete;
        OpenFile& operator=(const OpenFile&) = delete;
        ~OpenFile() { files.forget(key); }

        OpenFiles& files;
        const Key key;
        const posix::UniqueFd fd;
    };
    using Files = std::map<Key, std::weak_ptr<const OpenFile>>;

    void forget(const Key& key) {
        const std::lock_guard lock{mutex_};
        // Meanwhile another thread may have opened the file anew, under the same key.
        if (const auto found = files_.find(key); found != files_.end() && found->second.expired()) files_.erase(found);
    }

    std::mutex mutex_;
    Files files_;
};

/// With RESOLVE_BENEATH the kernel says EAGAIN when a rename elsewhere in the tree may have raced with its walk, and
/// asks to try again (openat2(2)). Bounded, so that a storm of renames cannot hold a thread.
constexpr int max_tries = 16;

int open_beneath(int folder, const std::string& name) {
    open_how how{};
    // Non-blocking and without a controlling terminal: the name may turn out to be a FIFO or a device.
    how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
    int fd = -1;
    for (int i = 0; i < max_tries; ++i) {
        // glibc has no wrapper for openat2.
        fd = static_cast<int>(syscall(SYS_openat2, folder, name.c_str(), &how, sizeof how));
        if (fd >= 0 || (errno != EAGAIN && errno != EINTR)) break;
    }
    return fd;
}

/// Without openat2 nothing is opened: no other call keeps a name within the folder in one step.
[[noreturn]] void throw_no_openat2(const std::string& path) {
    throw std::runtime_error{"open " + path + ": openat2: " + posix::cause(ENOSYS) +
                             "; it takes Linux 5.6, and a sandbox that allows it: systemd's RestrictSUIDSGID=yes, "
                             "for one, does not"};
}

/// Says what is in the way to a file, the file's own path first in any case.
std::string explain_unreadable(int error, const std::string& path) {
    const std::string prefix = path + ": ", why = posix::obstacle(path, R_OK);
    if (why.empty())
        return prefix + posix::cause(error) + ", though all modes allow it: see SELinux, AppArmor, systemd's sandbox";
    return why.starts_with(prefix) ? why : prefix + why;
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
        case EACCES: case EPERM: return {Reason::unreadable, explain_unreadable(error, path)};
        case ENOSYS: throw_no_openat2(path);
        default: posix::throw_errno("open", path, error);
    }
}

}  // namespace

void MediaFolder::reopen_if_replaced(std::chrono::steady_clock::time_point now) {
    struct stat status;
    const bool is_same =
        fd_ && stat(path_.c_str(), &status) == 0 && status.st_dev == device_ && status.st_ino == inode_;
    looked_ = now;
    if (is_same) return;
    fd_ = posix::UniqueFd{::open(path_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
    if (!fd_ || fstat(fd_.get(), &status) != 0) posix::throw_errno("open folder of videos", path_.native());
    device_ = status.st_dev;
    inode_ = status.st_ino;
}

std::variant<MediaFile, NoMediaFile> MediaFolder::open(const std::string& name) {
    const auto now = std::chrono::steady_clock::now();
    if (!fd_ || now - looked_ >= look_interval) reopen_if_replaced(now);

    posix::UniqueFd fd{open_beneath(fd_.get(), name)};
    int error = errno;
    if (!fd && error == ENOENT && looked_ != now) {
        // Nobody is told that a video is gone while its folder is just being mounted.
        reopen_if_replaced(now);
        fd = posix::UniqueFd{open_beneath(fd_.get(), name)};
        error = errno;
    }
    const std::string path = (path_ / name).native();
    if (!fd) return no_media_file(error, path);

    struct stat status;
    if (fstat(fd.get(), &status) != 0) posix::throw_errno("stat", path);
    if (!S_ISREG(status.st_mode)) return NoMediaFile{Reason::refused, path + ": not a regular file"};
    static OpenFiles open_files;
    MediaFile file;
    file.fd = open_files.share(std::move(fd), status);
    file.complete_length = static_cast<std::uint64_t>(status.st_size);
    file.last_modified = http::Time{std::chrono::seconds{status.st_mtim.tv_sec}};
    file.version = posix::version_of(status);
    return file;
}

void MediaFolder::check() {
    reopen_if_replaced(std::chrono::steady_clock::now());
    // An open folder is not yet one whose files can be reached.
    const std::string why = posix::obstacle(path_, X_OK);
    if (!why.empty()) throw std::runtime_error{"open folder of videos: " + why};
    // Otherwise whoever starts us learns it from the first viewer. Any other error is about the name, which is none.
    const posix::UniqueFd fd{open_beneath(fd_.get(), ".")};
    if (!fd && errno == ENOSYS) throw_no_openat2(path_.native());
}

}  // namespace reelgate::media
