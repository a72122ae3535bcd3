// Owns the door to stored media: the only file that opens what is below the folder of videos.
// Does not read content; whoever sends it does, from the descriptor.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <variant>

#include "http/date.h"
#include "posix/unique_fd.h"

namespace reelgate::media {

/// An opened regular file. The descriptor holds the version that an answer begins with, whatever is renamed over
/// its name meanwhile. All who have the same version open at the same time share one descriptor: whoever reads says
/// from which position.
struct MediaFile {
    std::shared_ptr<const posix::UniqueFd> fd;
    std::uint64_t complete_length = 0;  ///< bytes, from fstat on `fd`, never from the catalogue
    http::Time last_modified;
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

/// Opens `name`, a path relative to `folder`, without ever leaving that folder. Throws std::system_error for what is
/// neither the name's fault nor its rights' (no descriptors left, an I/O error, the folder itself).
std::variant<MediaFile, NoMediaFile> open_media_file(const std::filesystem::path& folder, const std::string& name);

/// Finds out whether `folder` is there, for start-up. Throws std::system_error.
void check_folder(const std::filesystem::path& folder);

}  // namespace reelgate::media
