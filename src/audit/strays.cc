// Owns the look at a file that no row names.
// SPDX-License-Identifier: MIT
#include "audit/strays.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>

#include "media/adding.h"
#include "media/content_kind.h"
#include "posix/unique_fd.h"

namespace reelgate::audit {

namespace {

/// Returns whether an `add` is writing the file: it holds a lock. Ours is shared, and released at once; an `add` of the
/// same id that begins at that moment reports that another process is writing.
bool is_locked(const std::string& path) {
    const posix::UniqueFd fd{open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)};
    return fd && flock(fd.get(), LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

/// Returns what a file is by its content. What cannot be looked at counts as media.
StrayContent content_of(const std::string& path) {
    const posix::UniqueFd fd{open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
    if (!fd && (errno == ENOENT || errno == ELOOP)) return StrayContent::nothing;
    struct stat status;
    if (!fd || fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode)) return StrayContent::media;
    try {
        return media::kind_of(fd.get()) ? StrayContent::media : StrayContent::other;
    } catch (const posix::FailureError&) {
        return StrayContent::media;
    }
}

/// Returns the file at a path, or the link.
std::optional<posix::FileId> file_at(const std::string& path) {
    struct stat status;
    return lstat(path.c_str(), &status) == 0 ? std::optional{posix::file_id_of(status)} : std::nullopt;
}

/// Returns what the link at a path leads to; nothing if it is none, or leads nowhere.
std::optional<posix::FileId> target_of(const std::string& path) {
    struct stat link, target;
    const bool is_link = lstat(path.c_str(), &link) == 0 && S_ISLNK(link.st_mode);
    return is_link && stat(path.c_str(), &target) == 0 ? std::optional{posix::file_id_of(target)} : std::nullopt;
}

/// Returns the path that an `add` gives the file, beside this one.
std::string other_path(const std::string& path) {
    if (auto added = media::added_path(path)) return *added;
    return media::adding_path(path);
}

}  // namespace

std::optional<StrayFile> stray_at(const std::string& path) {
    const auto file = file_at(path);
    struct stat status;
    // A link to a folder is none: what is in that folder is listed there.
    if (!file || (stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode))) return std::nullopt;
    const bool is_adding = media::added_path(path) && is_locked(path);
    return StrayFile{.id = *file, .target = target_of(path), .is_locked = is_adding, .content = content_of(path),
                     .other = file_at(other_path(path))};
}

}  // namespace reelgate::audit
