// Owns the door to stored media: the only file that opens what is below the folder of videos.
// SPDX-License-Identifier: MIT
#include "media/media_folder.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "media/open_files.h"
#include "posix/access.h"
#include "posix/device.h"
#include "posix/failure.h"

namespace reelgate::media {

namespace {

using Reason = NoMediaFile::Reason;

/// Interval between checks that the path still leads to the open folder. Opening it for each request took a tenth of
/// the time of a short one.
constexpr std::chrono::seconds look_interval{1};

/// Limit on tries: with RESOLVE_BENEATH the kernel fails with EAGAIN if a rename elsewhere in the tree may have raced
/// with its walk (openat2(2)). Bounded, so that a storm of renames cannot hold a thread.
constexpr int max_tries = 16;

/// Keeps a name within the folder.
constexpr std::uint64_t beneath = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;

int open_beneath(int folder, const std::string& name, std::uint64_t resolve = beneath) {
    open_how how{};
    // Non-blocking and without a controlling terminal: the name may turn out to be a FIFO or a device.
    how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
    how.resolve = resolve;
    int fd = -1;
    for (int i = 0; i < max_tries; ++i) {
        // glibc has no wrapper for openat2.
        fd = static_cast<int>(syscall(SYS_openat2, folder, name.c_str(), &how, sizeof how));
        if (fd >= 0 || (errno != EAGAIN && errno != EINTR)) break;
    }
    return fd;
}

/// Reports that openat2 is missing: no other call keeps a name within the folder in one step.
[[noreturn]] void throw_no_openat2(const std::string& path) {
    posix::throw_error(ENOSYS, "no-openat2", path);
}

/// Explains what is in the way to a file.
posix::Failure explain_unreadable(int error, const std::string& path) {
    if (const auto obstacle = posix::find_obstacle(path, R_OK)) return obstacle->failure({}, path);
    return {{}, path, posix::cause(error) + ", though all modes allow it: see SELinux, AppArmor, systemd's sandbox", {},
            error};
}

/// Classifies an error of openat2; throws one that is not about this name.
NoMediaFile no_media_file(int error, const std::string& path) {
    switch (error) {
        case ENOENT: case ENOTDIR: case ENAMETOOLONG:
            return {Reason::absent, {{}, path, posix::cause(error), {}, error}};
        case EXDEV:
            return {Reason::refused, {{}, path, "leads out of the folder of videos (a symbolic link or ..)",
                                      "put the file itself there, or a hard link", error}};
        case ELOOP: case ENXIO: case ENODEV:
            return {Reason::refused, {{}, path, posix::cause(error), {}, error}};
        case EACCES: case EPERM: return {Reason::unreadable, explain_unreadable(error, path)};
        case ENOSYS: throw_no_openat2(path);
        default: posix::throw_error(error, "open-file", path);
    }
}

/// Returns the file that openat2 has opened, or why there is none. Closes a file that is not regular, so the calling
/// thread must be allowed to touch its device.
std::variant<MediaFile, NoMediaFile> media_file(posix::UniqueFd fd, int error, const std::string& path) {
    if (!fd) return no_media_file(error, path);
    struct stat status;
    if (fstat(fd.get(), &status) != 0) posix::throw_errno("stat-file", path);
    if (!S_ISREG(status.st_mode)) return NoMediaFile{Reason::refused, {{}, path, "not a regular file"}};
    static OpenFiles open_files;
    MediaFile file;
    file.fd = open_files.share(std::move(fd), status);
    file.complete_length = static_cast<std::uint64_t>(status.st_size);
    file.last_modified = http::Time{std::chrono::seconds{status.st_mtim.tv_sec}};
    file.version = posix::version_of(status);
    file.device = status.st_dev;
    return file;
}

/// Lets this thread touch a device while it lives. The constructor throws StorageBusy if the gate refuses.
class Entered {
public:
    Entered(StorageGate* gate, dev_t device) : gate_(gate) {
        if (gate_ && !gate_->enter(device)) throw StorageBusy{device};
    }
    Entered(const Entered&) = delete;
    Entered& operator=(const Entered&) = delete;
    ~Entered() {
        if (gate_) gate_->leave();
    }

private:
    StorageGate* gate_;
};

/// Calls `function` once the device that a path leads to may be touched. Each symbolic link on the way must be read
/// first, and may be on a device of its own.
template <typename Function>
auto on_device_of(int folder, const std::filesystem::path& path, std::uint64_t resolve, StorageGate* gate,
                  Function&& function) {
    if (!gate) return function();
    for (posix::DeviceSearch search{folder, path, resolve};;) {
        const Entered entered{gate, search.device()};
        if (!search.follow_link()) return function();
    }
}

/// Returns whether storage has lost an open file, or failed temporarily: reopening may help.
bool is_lost(const posix::Failure& failure) {
    constexpr std::array lost{ESTALE, ENOTCONN, EIO, ETIMEDOUT, ECONNABORTED};
    return std::find(lost.begin(), lost.end(), failure.error) != lost.end();
}

}  // namespace

bool MediaFolder::is_in_place(StorageGate* gate) const {
    // Another file system may have been mounted over it.
    const Entered entered{gate, gate ? posix::DeviceSearch{AT_FDCWD, path_}.device() : 0};
    struct stat status;
    return stat(path_.c_str(), &status) == 0 && posix::file_id_of(status) == id_;
}

/// Returns, without asking the storage, whether the path leads to another device than that of the open folder.
bool MediaFolder::is_elsewhere() const { return posix::DeviceSearch{AT_FDCWD, path_}.device() != id_.device; }

void MediaFolder::reopen_if_replaced(Clock::time_point now, StorageGate* gate) {
    if (!fd_ || !is_in_place(gate)) {
        fd_ = posix::UniqueFd{};
        on_device_of(AT_FDCWD, path_, 0, gate, [&] {
            posix::UniqueFd fd{::open(path_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
            struct stat status;
            if (!fd || fstat(fd.get(), &status) != 0) posix::throw_errno("open-folder", path_.native());
            id_ = posix::file_id_of(status);
            fd_ = std::move(fd);
        });
    }
    looked_ = now;
}

MediaFolder::Opened MediaFolder::open_in_folder(const std::string& name, StorageGate* gate) {
    const std::string path = (path_ / name).native();
    {
        const Entered entered{gate, id_.device};
        posix::UniqueFd fd{open_beneath(fd_.get(), name, gate ? beneath | RESOLVE_NO_XDEV : beneath)};
        if (const int error = errno; fd || !gate || error != EXDEV) return media_file(std::move(fd), error, path);
    }
    // The name is on another mount, or leads out of the folder.
    return on_device_of(fd_.get(), name, beneath, gate, [&] {
        posix::UniqueFd fd{open_beneath(fd_.get(), name)};
        const int error = errno;
        return media_file(std::move(fd), error, path);
    });
}

MediaFolder::Opened MediaFolder::open_once(const std::string& name, Clock::time_point now, StorageGate* gate) {
    if (!fd_ || now - looked_ >= look_interval) reopen_if_replaced(now, gate);
    Opened opened = open_in_folder(name, gate);
    const auto* none = std::get_if<NoMediaFile>(&opened);
    if (!none || none->reason != Reason::absent || looked_ == now) return opened;
    // Checks first, so that no video counts as absent while its folder is being mounted.
    reopen_if_replaced(now, gate);
    return open_in_folder(name, gate);
}

std::variant<MediaFile, NoMediaFile> MediaFolder::open(const std::string& name, StorageGate* gate) {
    const std::lock_guard lock{mutex_};
    const auto now = used_ = Clock::now();
    try {
        return open_once(name, now, gate);
    } catch (const posix::FailureError& error) {
        if (!is_lost(error.failure())) throw;
    } catch (const StorageBusy& busy) {
        // Another file system may have been mounted over one that will never answer.
        if (!fd_ || busy.device != id_.device || !is_elsewhere()) throw;
    }
    fd_ = posix::UniqueFd{};
    return open_once(name, now, gate);
}

posix::UniqueFd MediaFolder::take_if_unused(Clock::time_point now) {
    // A thread that holds the lock uses the folder, and may be waiting for its storage.
    const std::unique_lock lock{mutex_, std::try_to_lock};
    return lock && now - used_ >= max_unused ? std::exchange(fd_, {}) : posix::UniqueFd{};
}

void MediaFolder::check() {
    const std::lock_guard lock{mutex_};
    used_ = Clock::now();
    reopen_if_replaced(used_, nullptr);
    // The permission to open a folder does not include the permission to search it.
    if (const auto obstacle = posix::find_obstacle(path_, X_OK))
        throw posix::FailureError{
            obstacle->failure(posix::operation_of("search-folder"), std::filesystem::absolute(path_))};
    // Otherwise a missing openat2 would show only with the first viewer. Other errors do not matter here.
    const posix::UniqueFd fd{open_beneath(fd_.get(), ".")};
    if (!fd && errno == ENOSYS) throw_no_openat2(path_.native());
}

}  // namespace reelgate::media
