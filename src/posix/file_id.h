// Owns the identity of a file: device and inode.
// Does not tell versions of a file apart: file_version.h does.
// SPDX-License-Identifier: MIT
#pragma once

#include <sys/stat.h>

#include <compare>
#include <optional>

namespace reelgate::posix {

/// Identifies a file while it exists: once it has neither a name nor a descriptor, another file may get the same inode.
struct FileId {
    dev_t device = 0;
    ino_t inode = 0;
    auto operator<=>(const FileId&) const = default;
};

inline FileId file_id_of(const struct stat& status) { return {status.st_dev, status.st_ino}; }

/// Returns the file at a path; nothing if there is none, or it cannot be looked at.
inline std::optional<FileId> file_id_of(const char* path) {
    struct stat status;
    return stat(path, &status) == 0 ? std::optional{file_id_of(status)} : std::nullopt;
}

}  // namespace reelgate::posix
