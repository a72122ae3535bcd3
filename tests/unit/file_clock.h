// Owns waiting for the clock of a file system, which goes on in steps of some milliseconds.
// SPDX-License-Identifier: MIT
#pragma once

#include <fcntl.h>
#include <sys/stat.h>

#include <string>

#include "fail_test.h"
#include "posix/unique_fd.h"

namespace reelgate {

/// Writing within the grain of the clock cannot be seen: waits until the file system's clock has gone on.
inline void wait_for_another_time(const std::string& path) {
    struct stat before, after;
    const std::string other = path + ".clock";
    (void)posix::UniqueFd{open(other.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)};
    if (stat(other.c_str(), &before) != 0) fail_test("stat", other);
    do {
        (void)posix::UniqueFd{open(other.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)};
        if (stat(other.c_str(), &after) != 0) fail_test("stat", other);
    } while (after.st_mtim.tv_sec == before.st_mtim.tv_sec && after.st_mtim.tv_nsec == before.st_mtim.tv_nsec);
}

}  // namespace reelgate
