// Owns finding the file system that a path is on, and whether several machines may share it.
// Does not know what is stored there.
// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <istream>
#include <string>
#include <string_view>

namespace reelgate::posix {

/// Returns the type of the file system with a device number, from the text of /proc/self/mountinfo (proc(5)): "ext4",
/// "nfs4", "fuse.sshfs". Empty if it is not listed.
std::string file_system_type(std::istream& mountinfo, unsigned major_number, unsigned minor_number);

/// Returns the folder that a device is mounted on, from the text of /proc/self/mountinfo: of several, the last of
/// those that show most of it, since a bind mount may show a single file. Empty if it is not listed.
std::string mount_point(std::istream& mountinfo, unsigned major_number, unsigned minor_number);

/// Returns the folder that a device is mounted on now; its number if there is none.
std::string mount_point_of(dev_t device);

/// Returns whether other machines may have mounted a file system of this type at the same time.
bool is_network_file_system(std::string_view type);

/// Returns the type of the network file system that `path` is on, or the first accessible folder above it; empty if
/// that is local, or unknown.
std::string network_file_system_of(const std::filesystem::path& path);

}  // namespace reelgate::posix
