// Owns opening a file beneath a folder, with openat2, and what its errors mean.
// Does not decide whether the calling thread may touch the device: media_folder.cc does.
// SPDX-License-Identifier: MIT
#pragma once

#include <linux/openat2.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <variant>

#include "media/media_file.h"
#include "posix/unique_fd.h"

namespace reelgate::media {

/// Keeps a name within the folder.
inline constexpr std::uint64_t beneath = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;

/// Opens `name`, relative to a folder, as `resolve` of openat2(2) allows. Returns -1 on an error, with errno.
int open_beneath(int folder, const std::string& name, std::uint64_t resolve = beneath);

/// Reports that openat2 is missing: no other call keeps a name within the folder in one step.
[[noreturn]] void throw_no_openat2(const std::string& path);

/// Reports an error of opening `path` which says that a file system has lost the program behind it, as when sshfs is
/// killed: in one line for all that is on it, which names where it is mounted. Returns for other errors.
void throw_if_storage_is_lost(int error, const std::string& path);

/// Returns the file that openat2 has opened, or why there is none. Closes a file that is not regular, so the calling
/// thread must be allowed to touch its device.
std::variant<MediaFile, NoMediaFile> media_file(posix::UniqueFd fd, int error, const std::string& path);

/// Returns the path of an open file or folder without any link on it, as the kernel says it; empty if /proc does not
/// tell.
std::string path_of_descriptor(int fd);

/// Where a path ends once all links on it are followed.
struct End {
    std::string path;  ///< without any link; empty if /proc does not tell
    int error = 0;     ///< of a path that leads nowhere: errno
};

/// Follows the links of a path. Opens nothing for reading, but touches each device on the way.
End end_of(const std::filesystem::path& path);

/// Says of a path that it leads to `end`, which is below no folder of videos; empty if that is not known.
NoMediaFile outside(const std::string& path, const std::string& end);

}  // namespace reelgate::media
