// Owns the question who has a file locked, for messages.
// Does not lock, and does not open the file: closing it would give up the locks that this process has on it.
// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace reelgate::posix {

/// Another process that has locked a file, or part of it.
struct LockHolder {
    int process = 0;
    std::string name;  ///< of its program, as ps(1) shows it; empty where it cannot be found out
    bool is_writer = false;
};

/// Finds who else has a POSIX lock (fcntl(2)) on `path`, whoever writes before whoever reads. Nothing where nobody has,
/// or /proc/locks does not tell: other machines and other containers are not in it.
std::optional<LockHolder> lock_holder(const std::filesystem::path& path);

}  // namespace reelgate::posix
