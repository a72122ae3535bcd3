// Owns the door to stored media: nothing else opens what is below the folder of videos.
// Does not read content: the sender does, from the descriptor.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "media/kept_files.h"
#include "media/media_file.h"
#include "media/storage_gate.h"
#include "posix/file_id.h"
#include "posix/unique_fd.h"

namespace reelgate::media {

/// How long the folder of videos stays open without a request for a film. Short enough for a person who waits to
/// unmount, long enough to cost nothing: reopening takes some microseconds.
inline constexpr std::chrono::seconds max_unused{5};

/// What was open, and is not used any more: to be closed, which may block.
struct Unused {
    struct Folder {
        std::shared_ptr<const posix::UniqueFd> fd;
        dev_t device = 0;  ///< that contains it
    };
    std::vector<Folder> folders;
    std::vector<MediaFile> files;
};

/// The folder of videos, for one thread; take_unused() is for any. Keeps the folder open while it is used, and notices
/// within a second that another folder has taken its place, by a mount or an unmount. An open folder keeps its file
/// system from being unmounted, and so does a file.
///
/// With a gate, a file is kept for up to a second, and given out again if its marks are the same: a film that was
/// written to, removed or replaced by a rename has others at once. What only the path can tell, such as a link or a
/// folder on the way that leads elsewhere now, is seen within the second.
class MediaFolder {
public:
    using Clock = std::chrono::steady_clock;

    explicit MediaFolder(std::filesystem::path path) : path_(std::move(path)) {}

    /// Opens `name`, a path relative to the folder, without ever leaving it. If the storage has lost the folder or the
    /// film, opens both again, once. Touches a device only if `gate` allows it, and throws StorageBusy otherwise;
    /// without a gate it waits without limit. Throws posix::FailureError for failures unrelated to the name and its
    /// permissions (no descriptors left, an I/O error, the folder itself).
    std::variant<MediaFile, NoMediaFile> open(const std::string& name, StorageGate* gate = nullptr);

    /// Moves to `unused` the files whose second is over, and the folder if open() was not called for max_unused, so
    /// that its file system can be unmounted; the next open() opens it again. Returns whether anything is left to be
    /// taken later. Never waits for the thread that uses them, nor for the storage. What it has moved is in `unused`
    /// even if it throws std::bad_alloc.
    bool take_unused(Clock::time_point now, Unused& unused);

    /// Moves all files to `files`. Throws std::bad_alloc before it has moved any.
    void take_files(std::vector<MediaFile>& files);

    /// Checks at start-up that the folder exists and may be searched. Throws if not.
    void check();

private:
    using Opened = std::variant<MediaFile, NoMediaFile>;

    bool is_kept_valid(const MediaFile& file, StorageGate& gate) const;
    Opened open_or_reuse(const std::string& name, Clock::time_point now, StorageGate* gate);
    Opened open_once(const std::string& name, Clock::time_point now, StorageGate* gate);
    Opened open_in_folder(const std::string& name, StorageGate* gate);
    bool is_in_place(StorageGate* gate) const;
    bool is_elsewhere() const;
    void reopen_if_replaced(Clock::time_point now, StorageGate* gate);

    const std::filesystem::path path_;
    KeptFiles kept_;
    std::mutex mutex_;  // guards all below; held while storage holds the thread
    posix::UniqueFd fd_;
    posix::FileId id_;  ///< of the open folder
    Clock::time_point looked_;
    Clock::time_point used_;
};

}  // namespace reelgate::media
