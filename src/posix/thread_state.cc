// Owns what the kernel says of a thread of this process.
// SPDX-License-Identifier: MIT
#include "posix/thread_state.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <string_view>

#include "posix/unique_fd.h"

namespace reelgate::posix {

bool is_thread_blocked(pid_t thread) noexcept {
    char path[48], text[96];
    std::snprintf(path, sizeof path, "/proc/self/task/%d/stat", thread);
    const UniqueFd fd{open(path, O_RDONLY | O_CLOEXEC)};
    if (!fd) return false;
    const ssize_t n = read(fd.get(), text, sizeof text);
    if (n <= 0) return false;
    // "12 (name) S ...": the name may have parentheses, but this process gives its threads none.
    const std::string_view line{text, static_cast<std::size_t>(n)};
    const std::size_t end = line.rfind(") ");
    return end != line.npos && end + 2 < line.size() && line[end + 2] != 'R';
}

}  // namespace reelgate::posix
