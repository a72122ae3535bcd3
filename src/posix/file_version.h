// Owns the marks by which a file's version is known again: what fstat says of its length, times, links, mode and owner.
// Does not read content, and does not call fstat: the caller does, from a descriptor of the same file.
// SPDX-License-Identifier: MIT
#pragma once

#include <sys/stat.h>

#include <cstdint>

namespace reelgate::posix {

/// One look at an open file. Device and inode are left out: a descriptor stays with its file.
struct FileVersion {
    std::uint64_t complete_length = 0;  ///< bytes
    timespec modified{};                ///< mtime
    timespec status_changed{};          ///< ctime, which no program can set
    nlink_t links = 0;
    mode_t mode = 0;
    uid_t owner = 0;
    gid_t group = 0;
};

inline FileVersion version_of(const struct stat& status) {
    return {static_cast<std::uint64_t>(status.st_size), status.st_mtim, status.st_ctim, status.st_nlink,
            status.st_mode, status.st_uid, status.st_gid};
}

/// What became of a file between two looks at it.
enum class FileChange {
    unchanged,
    relabelled,  ///< links, mode or owner changed, which explains the new ctime: the content is the same
    grown,                  ///< longer, and written to: what was there before may have been written to as well
    changed,                ///< all else: the content may be another, whatever mtime was set to afterwards
};

/// Compares a later look with the first one. A write within the grain of the file system's clock is not seen.
inline FileChange compare(const FileVersion& first, const FileVersion& later) {
    const auto is_same = [](const timespec& one, const timespec& other) {
        return one.tv_sec == other.tv_sec && one.tv_nsec == other.tv_nsec;
    };
    const bool is_modified = !is_same(first.modified, later.modified);
    if (later.complete_length > first.complete_length && is_modified) return FileChange::grown;
    if (later.complete_length != first.complete_length || is_modified) return FileChange::changed;
    if (is_same(first.status_changed, later.status_changed)) return FileChange::unchanged;
    const bool is_explained = later.links != first.links || later.mode != first.mode || later.owner != first.owner ||
                              later.group != first.group;
    return is_explained ? FileChange::relabelled : FileChange::changed;
}

}  // namespace reelgate::posix
