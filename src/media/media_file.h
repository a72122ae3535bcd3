// Owns what a name below the folder of videos stands for: an opened file, or why there is none.
// Does not open it: opening.h does. Does not read content: the sender does, from the descriptor.
// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "http/date.h"
#include "posix/failure.h"
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
    std::size_t folder = 0;      ///< of videos, that contains it
    std::shared_ptr<const std::string> name;  ///< below that folder; null: the name that was asked for

    /// Returns its name below its folder; `asked` is the one that was asked for.
    const std::string& name_or(const std::string& asked) const { return name ? *name : asked; }
};

/// Why a name gave no file. An absent file is an ordinary state; the other reasons need an administrator.
struct NoMediaFile {
    enum class Reason {
        absent,      ///< nothing has that name
        refused,     ///< not a regular file
        outside,     ///< it leads out of the folders, by a symbolic link or ".."
        unreadable,  ///< this process lacks the permission to read it
    };
    Reason reason = Reason::absent;
    posix::Failure failure;  ///< of the path; the operation is the caller's
};

}  // namespace reelgate::media
