// Owns finding the process that has a file locked, for messages.
// SPDX-License-Identifier: MIT
#include "posix/locks.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <sstream>

namespace reelgate::posix {

namespace {

/// Formats the name of a file in /proc/locks (proc(5)).
std::string file_in_locks(const struct stat& status) {
    char text[64];
    std::snprintf(text, sizeof text, "%02x:%02x:%ju", major(status.st_dev), minor(status.st_dev),
                  static_cast<std::uintmax_t>(status.st_ino));
    return text;
}

}  // namespace

std::optional<LockHolder> lock_holder(const std::filesystem::path& path) {
    struct stat status;
    if (stat(path.c_str(), &status) != 0) return std::nullopt;
    const std::string wanted = file_in_locks(status);
    std::optional<LockHolder> holder;
    std::ifstream locks{"/proc/locks"};
    // "1: POSIX  ADVISORY  WRITE 1234 08:01:131073 1073741824 1073742335"; a waiting process has "->" after the number.
    for (std::string line; std::getline(locks, line);) {
        std::istringstream fields{line};
        std::string number, kind, how, right, file;
        int process = 0;
        if (!(fields >> number >> kind >> how >> right >> process >> file) || file != wanted) continue;
        const bool is_writer = right == "WRITE";
        if (kind != "POSIX" || process <= 0 || process == getpid() || (holder && !is_writer)) continue;
        holder = LockHolder{process, {}, is_writer};
        if (is_writer) break;
    }
    if (holder) std::getline(std::ifstream{"/proc/" + std::to_string(holder->process) + "/comm"}, holder->name);
    return holder;
}

}  // namespace reelgate::posix
