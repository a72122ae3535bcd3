// Owns the marks of a file's version: its length, times, links, mode and owner in fstat.
// Does not read content, and does not call fstat: the caller does, on a descriptor of the same file.
// SPDX-License-Identifier: MIT
#pragma once

#include <sys/stat.h>

#include <cstdint>

namespace reelgate::posix {

/// One look at an open file. Without device and inode: a descriptor stays with its file.
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

/// How a file has changed between two looks at it.
enum class FileChange {
    unchanged,
    relabelled,  ///< links, mode or owner changed, which explains the new ctime: the content is the same
    grown,                  ///< longer, and written to: the older bytes may have been written to as well
    changed,                ///< any other change: the content may differ, even if mtime was set back afterwards
};

/// Compares a later look with the first one. A write within one tick of the file system's clock goes unnoticed.
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
