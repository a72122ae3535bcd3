// Owns the door to stored media: the only file that opens what is below the folder of videos.
// Does not read content: the sender does, from the descriptor.
// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <variant>

#include "http/date.h"
#include "media/storage_gate.h"
#include "posix/failure.h"
#include "posix/file_id.h"
#include "posix/file_version.h"
#include "posix/unique_fd.h"

namespace reelgate::media {

/// An opened regular file. The descriptor keeps the version that an answer begins with, even if another file is renamed
/// over its name. All owners that have the same version open share one descriptor, so each read must give its position.
/// The last owner closes it, which may block on its device.
struct MediaFile {
    std::shared_ptr<const posix::UniqueFd> fd;
    std::uint64_t complete_length = 0;  ///< bytes, from fstat on `fd`, never from the catalogue
    http::Time last_modified;
    posix::FileVersion version;  ///< at the opening, to compare with a later fstat on `fd`
    dev_t device = 0;            ///< that contains it: st_dev of stat(2)
};

/// Why a name gave no file. An absent file is an ordinary state; the other reasons need an administrator.
struct NoMediaFile {
    enum class Reason {
        absent,      ///< nothing has that name
        refused,     ///< not a regular file, or a symbolic link leads out of the folder
        unreadable,  ///< this process lacks the permission to read it
    };
    Reason reason = Reason::absent;
    posix::Failure failure;  ///< of the path; the operation is the caller's
};

/// How long the folder of videos stays open without a request for a film. Short enough for a person who waits to
/// unmount, long enough to cost nothing: reopening takes some microseconds.
inline constexpr std::chrono::seconds max_unused{5};

/// The folder of videos, for one thread; take_if_unused() is for any. Keeps the folder open while it is used, and
/// notices within a second that another folder has taken its place, by a mount or an unmount. An open folder keeps its
/// file system from being unmounted.
class MediaFolder {
public:
    using Clock = std::chrono::steady_clock;

    explicit MediaFolder(std::filesystem::path path) : path_(std::move(path)) {}

    /// Opens `name`, a path relative to the folder, without ever leaving it. If the storage has lost the folder or the
    /// film, opens both again, once. Touches a device only if `gate` allows it, and throws StorageBusy otherwise;
    /// without a gate it waits without limit. Throws posix::FailureError for failures unrelated to the name and its
    /// permissions (no descriptors left, an I/O error, the folder itself).
    std::variant<MediaFile, NoMediaFile> open(const std::string& name, StorageGate* gate = nullptr);

    /// Returns the folder if open() was not called for max_unused, to be closed, so that its file system can be
    /// unmounted; the next open() opens it again. Never waits for the thread that uses it, nor for the storage.
    posix::UniqueFd take_if_unused(Clock::time_point now);

    /// Checks at start-up that the folder exists and may be searched. Throws if not.
    void check();

private:
    using Opened = std::variant<MediaFile, NoMediaFile>;

    Opened open_once(const std::string& name, Clock::time_point now, StorageGate* gate);
    Opened open_in_folder(const std::string& name, StorageGate* gate);
    bool is_in_place(StorageGate* gate) const;
    bool is_elsewhere() const;
    void reopen_if_replaced(Clock::time_point now, StorageGate* gate);

    const std::filesystem::path path_;
    std::mutex mutex_;  // guards all below
    posix::UniqueFd fd_;
    posix::FileId id_;  ///< of the open folder
    Clock::time_point looked_;
    Clock::time_point used_;
};

}  // namespace reelgate::media
