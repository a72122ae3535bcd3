// Owns the door to stored media: nothing else opens what is below the folder of videos.
// SPDX-License-Identifier: MIT
#include "media/media_folder.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "media/opening.h"
#include "posix/access.h"
#include "posix/device.h"
#include "posix/failure.h"

namespace reelgate::media {

namespace {

using Reason = NoMediaFile::Reason;

/// Interval between checks that the path still leads to the open folder. Opening it for each request took a tenth of
/// the time of a short one.
constexpr std::chrono::seconds look_interval{1};

/// Returns whether few enough descriptors are in use to keep one: the kernel gives out the lowest that is free.
bool is_to_be_kept(const posix::UniqueFd& fd) {
    static const rlim_t limit = [] {
        rlimit descriptors{};
        getrlimit(RLIMIT_NOFILE, &descriptors);
        return descriptors.rlim_cur;
    }();
    return static_cast<rlim_t>(fd.get()) < limit / 2;
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
        kept_.forget_all();
        fd_ = posix::UniqueFd{};
        on_device_of(AT_FDCWD, path_, 0, gate, [&] {
            posix::UniqueFd fd{::open(path_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
            struct stat status;
            if (!fd || fstat(fd.get(), &status) != 0) {
                const int error = errno;
                throw_if_storage_is_lost(error, path_.native());
                posix::throw_error(error, "open-folder", path_.native());
            }
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

/// Returns whether a file that was kept is still as it was opened, and has all its names.
bool MediaFolder::is_kept_valid(const MediaFile& file, StorageGate& gate) const {
    const Entered entered{&gate, file.device};
    struct stat status;
    return fstat(file.fd->get(), &status) == 0 &&
           posix::compare(file.version, posix::version_of(status)) == posix::FileChange::unchanged;
}

MediaFolder::Opened MediaFolder::open_or_reuse(const std::string& name, Clock::time_point now, StorageGate* gate) {
    if (!gate) return open_once(name, now, gate);
    if (const KeptFiles::Look kept{kept_, name, now}; kept.file()) {
        if (is_kept_valid(*kept.file(), *gate)) return *kept.file();
        kept_.forget(name);
    }
    // First, since it takes memory: an open film could only be closed here, where its device must not be touched.
    std::string kept_name = name;
    kept_.reserve();
    Opened opened = open_once(name, now, gate);
    const auto* const file = std::get_if<MediaFile>(&opened);
    // Until the folder is looked at again.
    if (file && is_to_be_kept(*file->fd)) kept_.keep(std::move(kept_name), *file, looked_ + look_interval);
    return opened;
}

std::variant<MediaFile, NoMediaFile> MediaFolder::open(const std::string& name, StorageGate* gate) {
    const std::lock_guard lock{mutex_};
    const auto now = used_ = Clock::now();
    try {
        return open_or_reuse(name, now, gate);
    } catch (const posix::FailureError& error) {
        if (!is_lost(error.failure())) throw;
    } catch (const StorageBusy& busy) {
        // Another file system may have been mounted over one that will never answer.
        if (!fd_ || busy.device != id_.device || !is_elsewhere()) throw;
    }
    kept_.forget_all();
    fd_ = posix::UniqueFd{};
    return open_or_reuse(name, now, gate);
}

bool MediaFolder::take_unused(Clock::time_point now, Unused& unused) {
    const bool are_files_left = kept_.take_old(now, unused.files);
    // A thread that holds the lock uses the folder, and may be waiting for its storage, or for another.
    const std::unique_lock lock{mutex_, std::try_to_lock};
    if (!lock) return true;
    if (!fd_) return are_files_left;
    if (now - used_ < max_unused) return true;
    unused.folders.reserve(unused.folders.size() + 1);
    unused.folders.push_back({std::make_shared<const posix::UniqueFd>(std::move(fd_)), id_.device});
    return are_files_left;
}

void MediaFolder::take_files(std::vector<MediaFile>& files) { kept_.take_old(Clock::time_point::max(), files); }

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
