// Owns the door to stored media: the only file that opens what is below the folder of videos.
// SPDX-License-Identifier: MIT
#include "media/media_file.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "posix/error.h"

namespace reelgate::media {

namespace {

using Reason = NoMediaFile::Reason;

posix::UniqueFd open_folder(const std::filesystem::path& folder) {
    posix::UniqueFd fd{::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
    if (!fd) posix::throw_errno("open folder of videos", folder.native());
    return fd;
}

/// With RESOLVE_BENEATH the kernel says EAGAIN when a rename elsewhere in the tree may have raced with its walk, and
/// asks to try again (openat2(2)). Bounded, so that a storm of renames cannot hold a thread.
constexpr int most_tries = 16;

int open_beneath(int folder, const std::string& name) {
    open_how how{};
    // Non-blocking and without a controlling terminal: the name may turn out to be a FIFO or a device.
    how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
    int fd = -1;
    for (int i = 0; i < most_tries; ++i) {
        // glibc has no wrapper for openat2.
        fd = static_cast<int>(syscall(SYS_openat2, folder, name.c_str(), &how, sizeof how));
        if (fd >= 0 || (errno != EAGAIN && errno != EINTR)) break;
    }
    return fd;
}

/// Sorts what openat2 said; throws what is not about this name.
NoMediaFile no_media_file(int error, const std::string& path) {
    switch (error) {
        case ENOENT: case ENOTDIR: case ENAMETOOLONG:
            return {Reason::absent, path + ": " + posix::cause(error)};
        case EXDEV:
            return {Reason::refused, path + ": leads out of the folder of videos (a symbolic link or ..); "
                                            "put the file itself there, or a hard link"};
        case ELOOP: case ENXIO: case ENODEV:
            return {Reason::refused, path + ": " + posix::cause(error)};
        case EACCES: case EPERM:
            return {Reason::unreadable, path + ": " + posix::cause(error) + " for user id " +
                                            std::to_string(geteuid()) + "; it needs the right to read the file and "
                                            "to search its folders"};
        default: posix::throw_errno("open", path, error);
    }
}

}  // namespace

std::variant<MediaFile, NoMediaFile> open_media_file(const std::filesystem::path& folder, const std::string& name) {
    // Opened for each request, since the folder may be a mount that comes and goes.
    const posix::UniqueFd folder_fd = open_folder(folder);

    const std::string path = (folder / name).native();
    MediaFile file;
    file.fd = posix::UniqueFd{open_beneath(folder_fd.get(), name)};
    if (!file.fd) return no_media_file(errno, path);

    struct stat status;
    if (fstat(file.fd.get(), &status) != 0) posix::throw_errno("stat", path);
    if (!S_ISREG(status.st_mode)) return NoMediaFile{Reason::refused, path + ": not a regular file"};
    file.complete_length = static_cast<std::uint64_t>(status.st_size);
    file.last_modified = http::Time{std::chrono::seconds{status.st_mtim.tv_sec}};
    return file;
}

void check_folder(const std::filesystem::path& folder) { open_folder(folder); }

}  // namespace reelgate::media
