// Owns adding a new file to the stored media, whole or not at all.
// SPDX-License-Identifier: MIT
#include "media/media_writer.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>
#include <vector>

#include "media/adding.h"
#include "posix/failure.h"
#include "posix/file_id.h"

namespace reelgate::media {

namespace {

/// Bytes copied between two calls of Progress: many a second on a slow disk, few on a fast one.
constexpr std::size_t copy_step = std::size_t{8} << 20;

bool is_same(const struct stat& one, const struct stat& other) {
    return posix::file_id_of(one) == posix::file_id_of(other);
}

bool same_file(int fd, const std::filesystem::path& path) {
    struct stat of_fd, of_path;
    return fstat(fd, &of_fd) == 0 && lstat(path.c_str(), &of_path) == 0 && is_same(of_fd, of_path);
}

/// Returns whether a file is empty and has no other name: removing it loses nothing.
bool is_new(int fd) {
    struct stat status;
    return fstat(fd, &status) == 0 && status.st_size == 0 && status.st_nlink == 1;
}

bool is_regular(int fd) {
    struct stat status;
    return fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

posix::UniqueFd open_to_write(const std::filesystem::path& path, int flags) {
    // Non-blocking: a FIFO of that name is refused, not waited for.
    posix::UniqueFd fd{::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | flags, 0666)};
    if (!fd) posix::throw_errno("create-file", path.native());
    if (!is_regular(fd.get())) posix::fail("file-not-regular", path.native());
    if (flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK) posix::fail("file-being-written", path.native());
        posix::throw_errno("lock-file", path.native());
    }
    return fd;
}

/// Opens and locks the temporary file. The lock ends with its process, so the name that a killed process left behind is
/// free again. The holder may remove the name between our open and our lock: hence the second look.
posix::UniqueFd open_locked(const std::filesystem::path& path) {
    while (true) {
        posix::UniqueFd fd = open_to_write(path, 0);
        if (same_file(fd.get(), path)) return fd;
    }
}

void remove_name(const std::filesystem::path& path) {
    if (unlink(path.c_str()) != 0) posix::throw_errno("remove-file", path.native());
}

/// Names of the two files of a copy, for messages.
struct CopyNames {
    const std::string& source;
    const std::string& copy;
};

/// Copies a step at both descriptors' positions. Returns 0 at the end of the source. `buffer` stays empty while the
/// kernel copies: some file systems then share the blocks instead of copying them.
std::size_t copy_some(int from, int to, std::vector<char>& buffer, const CopyNames& names) {
    if (buffer.empty()) {
        const ssize_t n = TEMP_FAILURE_RETRY(copy_file_range(from, nullptr, to, nullptr, copy_step, 0));
        if (n >= 0) return static_cast<std::size_t>(n);
        if (errno != EXDEV && errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP)
            posix::throw_errno("copy", names.source, names.copy);
        buffer.resize(copy_step);
    }
    const ssize_t n = TEMP_FAILURE_RETRY(read(from, buffer.data(), buffer.size()));
    if (n < 0) posix::throw_errno("copy-read", names.source, names.copy);
    for (ssize_t done = 0; done < n;) {
        const ssize_t written =
            TEMP_FAILURE_RETRY(write(to, buffer.data() + done, static_cast<std::size_t>(n - done)));
        if (written < 0) posix::throw_errno("copy-write", names.source, names.copy);
        done += written;
    }
    return static_cast<std::size_t>(n);
}

/// Lets the server read a file, whatever the umask is. Gives it to the folder's owner where that can be: some file
/// systems have none.
void let_server_read(int fd, const std::filesystem::path& folder) {
    if (fchmod(fd, 0644) != 0 && errno != EPERM) posix::throw_errno("create-file", folder.native());
    struct stat status;
    if (geteuid() == 0 && stat(folder.c_str(), &status) == 0 && fchown(fd, status.st_uid, status.st_gid) != 0 &&
        errno != EPERM && errno != EINVAL)
        posix::throw_errno("create-file", folder.native());
}

void sync_folder(const std::filesystem::path& folder) {
    const posix::UniqueFd fd{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!fd || TEMP_FAILURE_RETRY(fsync(fd.get())) != 0) posix::throw_errno("sync-file", folder.native());
}

}  // namespace

MediaWriter::MediaWriter(std::filesystem::path path, Existing existing)
    : path_(std::move(path)), temporary_(adding_path(path_)), existing_(existing) {
    refuse_if_taken();
    fd_ = open_locked(temporary_);
}

MediaWriter::~MediaWriter() {
    if (stage_ == Stage::kept || (stage_ == Stage::locked && !is_new(fd_.get()))) return;
    // In this order: the own name alone would look like a file that was put there on purpose.
    if (stage_ == Stage::published) remove_if_ours(path_);
    remove_if_ours(temporary_);
}

void MediaWriter::refuse_if_taken() const {
    struct stat status, of_temporary;
    if (existing_ == Existing::replace) return;
    if (lstat(path_.c_str(), &status) != 0) return;
    if (lstat(temporary_.c_str(), &of_temporary) == 0 && is_same(status, of_temporary)) return;
    posix::fail("file-exists", path_.native());
}

void MediaWriter::remove_if_ours(const std::filesystem::path& path) const {
    if (same_file(fd_.get(), path)) unlink(path.c_str());
}

void MediaWriter::begin() {
    if (!is_new(fd_.get())) {
        // First, as in the destructor. What is to be replaced stays, whether or not it is a leftover.
        if (existing_ == Existing::refuse && same_file(fd_.get(), path_)) remove_name(path_);
        remove_name(temporary_);
        fd_ = open_to_write(temporary_, O_EXCL);
    }
    refuse_if_taken();
    stage_ = Stage::begun;
    let_server_read(fd_.get(), path_.parent_path());
}

std::uint64_t MediaWriter::copy_from(const std::filesystem::path& source, const Progress& progress) {
    // Non-blocking: a FIFO is refused below, not waited for.
    const posix::UniqueFd from{::open(source.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
    if (!from) posix::throw_errno("open-file", source.native());
    struct stat status;
    if (fstat(from.get(), &status) != 0) posix::throw_errno("stat-file", source.native());
    if (!S_ISREG(status.st_mode)) posix::fail("source-not-regular", source.native());

    const auto total = static_cast<std::uint64_t>(status.st_size);
    std::uint64_t copied = 0;
    std::vector<char> buffer;
    const CopyNames names{source.native(), temporary_.native()};
    while (const std::size_t n = copy_some(from.get(), fd_.get(), buffer, names)) {
        copied += n;
        if (progress) progress(copied, std::max(copied, total));
    }
    if (copied != total)
        posix::fail("source-changed", source.native(), messages::Number{total}, messages::Number{copied});
    if (TEMP_FAILURE_RETRY(fsync(fd_.get())) != 0) posix::throw_errno("sync-file", temporary_.native());
    return copied;
}

bool MediaWriter::link_from(const std::filesystem::path& source) {
    remove_name(temporary_);
    if (linkat(AT_FDCWD, source.c_str(), AT_FDCWD, temporary_.c_str(), AT_SYMLINK_FOLLOW) == 0) {
        posix::UniqueFd fd{::open(temporary_.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)};
        if (!fd) posix::throw_errno("lock-file", temporary_.native());
        // First, so that the destructor knows the name as ours.
        fd_ = std::move(fd);
        if (flock(fd_.get(), LOCK_EX | LOCK_NB) != 0) posix::fail("file-being-written", source.native());
        return true;
    }
    fd_ = open_to_write(temporary_, O_EXCL);
    let_server_read(fd_.get(), path_.parent_path());
    return false;
}

void MediaWriter::publish() {
    if (existing_ == Existing::refuse) {
        publish_new();
        stage_ = Stage::published;
    } else {
        if (rename(temporary_.c_str(), path_.c_str()) != 0) posix::throw_errno("create-file", path_.native());
        // What it has replaced is gone: it stays, even if it cannot be recorded.
        stage_ = Stage::kept;
    }
    sync_folder(path_.parent_path());
}

void MediaWriter::publish_new() {
    // A hard link never replaces a file, and two names mark the file of a killed process until it is recorded.
    const int error = link(temporary_.c_str(), path_.c_str()) == 0 ? 0 : errno;
    if (error == EEXIST && !same_file(fd_.get(), path_)) posix::throw_error(error, "create-file", path_.native());
    const bool has_no_links = error == EPERM || error == EOPNOTSUPP || error == EMLINK || error == ENOSYS;
    if (error != 0 && error != EEXIST && !has_no_links) posix::throw_error(error, "create-file", path_.native());
    if (has_no_links &&
        renameat2(AT_FDCWD, temporary_.c_str(), AT_FDCWD, path_.c_str(), RENAME_NOREPLACE) != 0)
        posix::throw_errno("create-file", path_.native());
}

void MediaWriter::keep() {
    stage_ = Stage::kept;
    remove_if_ours(temporary_);
}

}  // namespace reelgate::media
