// Owns finding the process that has a file locked, for messages.
// Does not lock, and does not open the file: closing it would release the locks that this process has on it.
// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace reelgate::posix {

/// Another process that has locked a file, or part of it.
struct LockHolder {
    int process = 0;
    std::string name;  ///< of its program, as ps(1) shows it; empty if unknown
    bool is_writer = false;
};

/// Finds another process that has a POSIX lock (fcntl(2)) on `path`, a writer before a reader. Returns nothing if there
/// is none in /proc/locks, which lacks other machines and other containers.
std::optional<LockHolder> lock_holder(const std::filesystem::path& path);

}  // namespace reelgate::posix
