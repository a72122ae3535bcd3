// Owns one folder of videos: opens files beneath it, and notices that another folder has taken its place.
// Does not choose among several folders, and keeps no files: media_folders.h does.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <variant>

#include "media/media_file.h"
#include "media/storage_gate.h"
#include "posix/file_id.h"
#include "posix/unique_fd.h"

namespace reelgate::media {

using Opened = std::variant<MediaFile, NoMediaFile>;

/// A folder of videos, for one thread at a time. Stays open while it is used. All functions that touch a device do so
/// only if their gate allows it, and throw StorageBusy otherwise; without a gate they wait without limit.
class MediaFolder {
public:
    using Clock = std::chrono::steady_clock;

    /// Interval between checks that the path still leads to the open folder. Opening it for each request took a tenth
    /// of the time of a short one.
    static constexpr std::chrono::seconds look_interval{1};

    explicit MediaFolder(std::filesystem::path path) : path_(std::move(path)) {}

    const std::filesystem::path& path() const { return path_; }

    /// Opens `name`, a path relative to the folder, without ever leaving it. If the storage has lost the folder or the
    /// film, opens both again, once. Throws posix::FailureError for failures unrelated to the name and its permissions
    /// (no descriptors left, an I/O error, the folder itself).
    Opened open(const std::string& name, Clock::time_point now, StorageGate* gate);

    /// Returns the path of the open folder without any link on it, as the kernel says it; opens it if it is not open.
    /// Empty if /proc does not tell.
    std::string real_path(Clock::time_point now, StorageGate* gate);

    /// Returns when the path was last looked at: open() may miss another folder that has taken its place since.
    Clock::time_point looked() const { return looked_; }

    /// Returns how often the folder was opened: files of an earlier one may be files of another folder.
    std::uint64_t times_opened() const { return times_opened_; }

    /// Returns when open() was last called.
    Clock::time_point used() const { return used_; }

    bool is_open() const { return static_cast<bool>(fd_); }

    /// Returns the device that contains the open folder.
    dev_t device() const { return id_.device; }

    /// Returns, without asking the storage, whether the path leads to another device than that of the open folder.
    bool is_elsewhere() const;

    /// Gives up the folder: the caller closes it, which may block. The next open() opens it again.
    posix::UniqueFd take() { return std::exchange(fd_, {}); }

    /// Checks at start-up that the folder exists and may be searched. Throws if not.
    void check();

private:
    Opened open_once(const std::string& name, Clock::time_point now, StorageGate* gate);
    Opened open_beneath_folder(const std::string& name, StorageGate* gate);
    bool is_in_place(StorageGate* gate) const;
    void reopen_if_replaced(Clock::time_point now, StorageGate* gate);

    const std::filesystem::path path_;
    posix::UniqueFd fd_;
    posix::FileId id_;  ///< of the open folder
    Clock::time_point looked_, used_;
    std::uint64_t times_opened_ = 0;
};

}  // namespace reelgate::media
