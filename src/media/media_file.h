// Owns the door to stored media: the only file that opens what is below the folder of videos.
// Does not read content; whoever sends it does, from the descriptor.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <variant>

#include "http/date.h"
#include "posix/file_version.h"
#include "posix/unique_fd.h"

namespace reelgate::media {

/// An opened regular file. The descriptor holds the version that an answer begins with, whatever is renamed over
/// its name meanwhile. All who have the same version open at the same time share one descriptor: whoever reads says
/// from which position.
struct MediaFile {
    std::shared_ptr<const posix::UniqueFd> fd;
    std::uint64_t complete_length = 0;  ///< bytes, from fstat on `fd`, never from the catalogue
    http::Time last_modified;
    posix::FileVersion version;  ///< as it was opened, to compare with a later fstat on `fd`
};

/// Why a name gave no file. An absent one is an ordinary state; the others want an administrator.
struct NoMediaFile {
    enum class Reason {
        absent,      ///< nothing has that name
        refused,     ///< it is no regular file, or a symbolic link leads out of the folder
        unreadable,  ///< this process lacks the right to read it
    };
    Reason reason = Reason::absent;
    std::string why;  ///< object and cause, for the log
};

/// The folder of videos, for one thread. It keeps the folder open, and notices within a second when another has come
/// in its place: a mount that came, or went. A file system with an open folder cannot be unmounted.
class MediaFolder {
public:
    explicit MediaFolder(std::filesystem::path path) : path_(std::move(path)) {}

    /// Opens `name`, a path relative to the folder, without ever leaving it. Throws std::system_error for what is
    /// neither the name's fault nor its rights' (no descriptors left, an I/O error, the folder itself).
    std::variant<MediaFile, NoMediaFile> open(const std::string& name);

    /// Finds out whether the folder is there and may be searched, for start-up. Throws what is wrong.
    void check();

private:
    void reopen_if_replaced(std::chrono::steady_clock::time_point now);

    std::filesystem::path path_;
    posix::UniqueFd fd_;
    std::uint64_t device_ = 0;
    std::uint64_t inode_ = 0;
    std::chrono::steady_clock::time_point looked_;
};

}  // namespace reelgate::media
