// Owns the question which file system a path lies on, and whether several machines share it.
// Does not know what is stored there.
// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <istream>
#include <string>
#include <string_view>

namespace reelgate::posix {

/// Finds the type of the file system with a device number in the text of /proc/self/mountinfo (proc(5)): "ext4",
/// "nfs4", "fuse.sshfs". Empty where it is not there.
std::string file_system_type(std::istream& mountinfo, unsigned major_number, unsigned minor_number);

/// Finds the folder that a device is mounted on in the text of /proc/self/mountinfo; the last of several. Empty where
/// it is not there.
std::string mount_point(std::istream& mountinfo, unsigned major_number, unsigned minor_number);

/// Finds the folder that a device is mounted on now; its number where there is none.
std::string mount_point_of(dev_t device);

/// Tells whether a type is that of a file system which other machines may have mounted at the same time.
bool is_network_file_system(std::string_view type);

/// Gives the type of the network file system that `path` lies on, or the first folder above it that can be looked at;
/// empty where that is a local one, or cannot be found out.
std::string network_file_system_of(const std::filesystem::path& path);

}  // namespace reelgate::posix
