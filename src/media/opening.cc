// Owns opening a file beneath a folder, with openat2, and what its errors mean.
// SPDX-License-Identifier: MIT
#include "media/opening.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "media/open_files.h"
#include "posix/access.h"
#include "posix/device.h"
#include "posix/failure.h"
#include "posix/mounts.h"

namespace reelgate::media {

namespace {

using Reason = NoMediaFile::Reason;

/// Limit on tries: with RESOLVE_BENEATH the kernel fails with EAGAIN if a rename elsewhere in the tree may have raced
/// with its walk (openat2(2)). Bounded, so that a storm of renames cannot hold a thread.
constexpr int max_tries = 16;

/// Explains what is in the way to a file.
posix::Failure explain_unreadable(int error, const std::string& path) {
    if (const auto obstacle = posix::find_obstacle(path, R_OK)) return obstacle->failure({}, path);
    return {{}, path, posix::cause(error) + ", though all modes allow it: see SELinux, AppArmor, systemd's sandbox", {},
            error};
}

/// Classifies an error of openat2; throws one that is not about this name.
NoMediaFile no_media_file(int error, const std::string& path) {
    switch (error) {
        case ENOENT: case ENOTDIR: case ENAMETOOLONG:
            return {Reason::absent, {{}, path, posix::cause(error), {}, error}};
        case EXDEV: return outside(path, {});
        case ELOOP: case ENXIO: case ENODEV:
            return {Reason::refused, {{}, path, posix::cause(error), {}, error}};
        case EACCES: case EPERM: return {Reason::unreadable, explain_unreadable(error, path)};
        case ENOSYS: throw_no_openat2(path);
        default: throw_if_storage_is_lost(error, path); posix::throw_error(error, "open-file", path);
    }
}

}  // namespace

NoMediaFile outside(const std::string& path, const std::string& end) {
    std::string cause = "leads out of the folders of videos (a symbolic link or ..)";
    if (!end.empty()) cause.append(", to ").append(end);
    return {Reason::outside, {{}, path, std::move(cause),
                              "name that folder as well (--videos), or put the file itself there, or a hard link",
                              EXDEV}};
}

std::string path_of_descriptor(int fd) {
    std::array<char, PATH_MAX> path;
    const std::string link = "/proc/self/fd/" + std::to_string(fd);
    const ssize_t length = readlink(link.c_str(), path.data(), path.size());
    return length > 0 ? std::string{path.data(), static_cast<std::size_t>(length)} : std::string{};
}

End end_of(const std::filesystem::path& path) {
    const posix::UniqueFd fd{::open(path.c_str(), O_PATH | O_CLOEXEC)};
    if (!fd) return {{}, errno};
    return {path_of_descriptor(fd.get()), 0};
}

int open_beneath(int folder, const std::string& name, std::uint64_t resolve) {
    open_how how{};
    // Non-blocking and without a controlling terminal: the name may turn out to be a FIFO or a device.
    how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
    how.resolve = resolve;
    int fd = -1;
    for (int i = 0; i < max_tries; ++i) {
        // glibc has no wrapper for openat2.
        fd = static_cast<int>(syscall(SYS_openat2, folder, name.c_str(), &how, sizeof how));
        if (fd >= 0 || (errno != EAGAIN && errno != EINTR)) break;
    }
    return fd;
}

void throw_no_openat2(const std::string& path) {
    posix::throw_error(ENOSYS, "no-openat2", path);
}

void throw_if_storage_is_lost(int error, const std::string& path) {
    if (error != ENOTCONN && error != ECONNABORTED) return;
    // Asks the kernel alone, as the path leads to storage that might not answer.
    posix::throw_error(error, "storage-lost", posix::mount_point_of(posix::DeviceSearch{AT_FDCWD, path}.device()));
}

std::variant<MediaFile, NoMediaFile> media_file(posix::UniqueFd fd, int error, const std::string& path) {
    if (!fd) return no_media_file(error, path);
    struct stat status;
    if (fstat(fd.get(), &status) != 0) posix::throw_errno("stat-file", path);
    if (!S_ISREG(status.st_mode)) return NoMediaFile{Reason::refused, {{}, path, "not a regular file"}};
    // Never destroyed: a thread that closes films may outlive main().
    static OpenFiles& open_files = *new OpenFiles;
    MediaFile file;
    file.fd = open_files.share(std::move(fd), status);
    file.complete_length = static_cast<std::uint64_t>(status.st_size);
    file.last_modified = http::Time{std::chrono::seconds{status.st_mtim.tv_sec}};
    file.version = posix::version_of(status);
    file.device = status.st_dev;
    return file;
}

}  // namespace reelgate::media
