// Owns the door to stored media: the only file that opens what is below the folder of videos.
// Does not read content; whoever sends it does, from the descriptor.
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
#include "posix/file_version.h"
#include "posix/unique_fd.h"

namespace reelgate::media {

/// An opened regular file. The descriptor holds the version that an answer begins with, whatever is renamed over
/// its name meanwhile. All who have the same version open at the same time share one descriptor: whoever reads says
/// from which position. Dropping the last of them closes it, which may block on its device: the last owner sees to
/// that.
struct MediaFile {
    std::shared_ptr<const posix::UniqueFd> fd;
    std::uint64_t complete_length = 0;  ///< bytes, from fstat on `fd`, never from the catalogue
    http::Time last_modified;
    posix::FileVersion version;  ///< as it was opened, to compare with a later fstat on `fd`
    dev_t device = 0;            ///< that it lies on, as stat(2) has it
};

/// Why a name gave no file. An absent one is an ordinary state; the others want an administrator.
struct NoMediaFile {
    enum class Reason {
        absent,      ///< nothing has that name
        refused,     ///< it is no regular file, or a symbolic link leads out of the folder
        unreadable,  ///< this process lacks the right to read it
    };
    Reason reason = Reason::absent;
    posix::Failure failure;  ///< of the path; the operation is the caller's
};

/// How long the folder of videos stays open though nobody opens a film. Short enough for whoever waits for an unmount,
/// long enough to cost nothing: opening it anew takes some microseconds.
inline constexpr std::chrono::seconds max_unused{5};

/// The folder of videos, for one thread; let_go_if_unused() is for any. It keeps the folder open as long as it is used,
/// and notices within a second when another has come in its place: a mount that came, or went. A file system with an
/// open folder cannot be unmounted.
class MediaFolder {
public:
    using Clock = std::chrono::steady_clock;

    explicit MediaFolder(std::filesystem::path path) : path_(std::move(path)) {}

    /// Opens `name`, a path relative to the folder, without ever leaving it. Where the storage has lost the folder or
    /// the film, it opens both anew, once. Touches a device only where `gate` allows it, and throws StorageBusy
    /// otherwise; without a gate it waits as long as it takes. Throws std::system_error for what is neither the name's
    /// fault nor its rights' (no descriptors left, an I/O error, the folder itself).
    std::variant<MediaFile, NoMediaFile> open(const std::string& name, StorageGate* gate = nullptr);

    /// Closes the folder if nobody has opened a film for max_unused, so that its file system can be unmounted; the next
    /// open() opens it again. Never waits for the thread that uses it.
    void let_go_if_unused(Clock::time_point now);

    /// Finds out whether the folder is there and may be searched, for start-up. Throws what is wrong.
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
    dev_t device_ = 0;
    ino_t inode_ = 0;
    Clock::time_point looked_;
    Clock::time_point used_;
};

}  // namespace reelgate::media
