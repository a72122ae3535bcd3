// Owns the door to stored media: nothing else opens what is below the folders of videos.
// Does not read content: the sender does, from the descriptor.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <deque>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "media/kept_files.h"
#include "media/media_file.h"
#include "media/media_folder.h"
#include "media/storage_gate.h"
#include "posix/unique_fd.h"

namespace reelgate::media {

/// How long the folders of videos stay open without a request for a film. Short enough for a person who waits to
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

/// The folders of videos, for one thread; take_unused() is for any. Keeps them open while they are used, and notices
/// within a second that another folder has taken the place of one, by a mount or an unmount. An open folder keeps its
/// file system from being unmounted, and so does a file.
///
/// With a gate, a file is kept for up to a second, and given out again if its marks are the same: a film that was
/// written to, removed or replaced by a rename has others at once. What only the path can tell, such as a link or a
/// folder on the way that leads elsewhere now, is seen within the second.
class MediaFolders {
public:
    using Clock = MediaFolder::Clock;

    explicit MediaFolders(const std::vector<std::filesystem::path>& paths) : folders_(paths.begin(), paths.end()) {}

    /// Opens `name`, without ever leaving the folders: a path relative to one of them, which is looked for below each
    /// in their order, or an absolute one below one of them. A symbolic link is good if it ends below any of them.
    /// Passes over a folder whose storage does not answer, or fails, if a later one has the file. Touches a device only
    /// if `gate` allows it, and throws StorageBusy otherwise; without a gate it waits without limit. Throws
    /// posix::FailureError for failures unrelated to the name and its permissions (no descriptors left, an I/O error, a
    /// folder itself).
    Opened open(const std::string& name, StorageGate* gate = nullptr);

    /// Moves to `unused` the files whose second is over, and the folders in which nothing was looked for during
    /// max_unused, so that their file systems can be unmounted; the next open() opens them again. Returns whether
    /// anything is left to be taken later. Never waits for the thread that uses them, nor for the storage. What it has
    /// moved is in `unused` even if it throws std::bad_alloc.
    bool take_unused(Clock::time_point now, Unused& unused);

    /// Moves all files to `files`. Throws std::bad_alloc before it has moved any.
    void take_files(std::vector<MediaFile>& files);

    /// Checks at start-up that the folders exist and may be searched. Throws if not.
    void check();

private:
    bool is_kept_valid(const MediaFile& file, StorageGate& gate) const;
    std::optional<MediaFile> find_kept(const std::string& name, Clock::time_point now, StorageGate& gate);
    void forget_files_of_replaced_folders();
    Opened open_or_reuse(const std::string& name, Clock::time_point now, StorageGate* gate);
    Opened open_in_order(const std::string& name, Clock::time_point now, StorageGate* gate);
    Opened open_absolute(const std::filesystem::path& path, Clock::time_point now, StorageGate* gate);
    Opened open_in(std::size_t folder, const std::string& name, Clock::time_point now, StorageGate* gate,
                   std::shared_ptr<const std::string> other_name = nullptr);
    Opened follow(const std::filesystem::path& path, Clock::time_point now, StorageGate* gate);
    static bool is_of_a_folder(const posix::Failure& failure);
    Clock::time_point looked(const std::string& name, const MediaFile& file) const;

    std::mutex mutex_;  // guards all below
    std::deque<MediaFolder> folders_;
    std::uint64_t times_opened_ = 0;  ///< of all folders, when files were last forgotten
    KeptFiles kept_;
};

}  // namespace reelgate::media
