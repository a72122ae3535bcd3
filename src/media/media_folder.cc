// Owns one folder of videos: opens files beneath it, and notices that another folder has taken its place.
// SPDX-License-Identifier: MIT
#include "media/media_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "media/on_device.h"
#include "media/opening.h"
#include "posix/access.h"
#include "posix/failure.h"

namespace reelgate::media {

namespace {

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

bool MediaFolder::is_elsewhere() const { return posix::DeviceSearch{AT_FDCWD, path_}.device() != id_.device; }

void MediaFolder::reopen_if_replaced(Clock::time_point now, StorageGate* gate) {
    if (!fd_ || !is_in_place(gate)) {
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
        ++times_opened_;
    }
    looked_ = now;
}

Opened MediaFolder::open_beneath_folder(const std::string& name, StorageGate* gate) {
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

Opened MediaFolder::open_once(const std::string& name, Clock::time_point now, StorageGate* gate) {
    if (!fd_ || now - looked_ >= look_interval) reopen_if_replaced(now, gate);
    Opened opened = open_beneath_folder(name, gate);
    const auto* none = std::get_if<NoMediaFile>(&opened);
    if (!none || none->reason != NoMediaFile::Reason::absent || looked_ == now) return opened;
    // Checks first, so that no video counts as absent while its folder is being mounted.
    reopen_if_replaced(now, gate);
    return open_beneath_folder(name, gate);
}

Opened MediaFolder::open(const std::string& name, Clock::time_point now, StorageGate* gate) {
    used_ = now;
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

std::string MediaFolder::real_path(Clock::time_point now, StorageGate* gate) {
    used_ = now;
    if (!fd_ || now - looked_ >= look_interval) reopen_if_replaced(now, gate);
    return path_of_descriptor(fd_.get());
}

void MediaFolder::check() {
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
