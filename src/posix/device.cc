// Finds the device behind a path without asking the storage.
// SPDX-License-Identifier: MIT
#include "posix/device.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#include <array>
#include <optional>
#include <string>
#include <utility>

namespace reelgate::posix {

namespace {

namespace fs = std::filesystem;

/// Limit on symbolic links to follow: that of the kernel (path_resolution(7)).
constexpr unsigned max_links = 40;

/// Opens a path only as a place. RESOLVE_CACHED covers the walk; O_PATH avoids asking the storage at its end.
UniqueFd open_cached(int folder, const fs::path& path, unsigned flags, std::uint64_t resolve) {
    open_how how{};
    how.flags = O_PATH | O_CLOEXEC | flags;
    how.resolve = RESOLVE_CACHED | resolve;
    const char* const name = path.empty() ? "." : path.c_str();
    return UniqueFd{static_cast<int>(syscall(SYS_openat2, folder, name, &how, sizeof how))};
}

/// Returns what the kernel has cached of an open file; nothing if it does not tell.
std::optional<struct statx> recall(int fd) {
    struct statx status;
    if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE, &status) != 0) return std::nullopt;
    return status;
}

dev_t device_of(const struct statx& status) { return makedev(status.stx_dev_major, status.stx_dev_minor); }

}  // namespace

DeviceSearch::DeviceSearch(int folder, fs::path path, std::uint64_t resolve)
    : folder_(folder), path_(std::move(path)), resolve_(resolve) {
    search();
}

void DeviceSearch::search() {
    link_ = UniqueFd{};
    rest_.clear();
    known_ = path_;
    fs::path next;
    std::optional<struct statx> status;
    for (;;) {
        if (const UniqueFd fd = open_cached(folder_, known_, 0, resolve_)) status = recall(fd.get());
        if (status || !known_.has_relative_path()) break;
        if (!next.empty()) rest_ = rest_.empty() ? next : next / rest_;
        next = known_.filename();
        known_ = known_.parent_path();
    }
    if (!status) status = recall(folder_);
    if (status) device_ = device_of(*status);
    if (next.empty()) return;
    UniqueFd fd = open_cached(folder_, known_ / next, O_NOFOLLOW, resolve_);
    if (!fd) return;
    status = recall(fd.get());
    if (!status || !S_ISLNK(status->stx_mode)) return;
    device_ = device_of(*status);
    link_ = std::move(fd);
}

bool DeviceSearch::follow_link() {
    if (!link_ || links_++ == max_links) return false;
    std::array<char, PATH_MAX> target;
    const ssize_t length = readlinkat(link_.get(), "", target.data(), target.size());
    if (length <= 0) return false;
    path_ = known_ / fs::path{std::string{target.data(), static_cast<std::size_t>(length)}};
    if (!rest_.empty()) path_ /= rest_;
    search();
    return true;
}

}  // namespace reelgate::posix
