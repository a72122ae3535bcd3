// Owns asking a descriptor what has happened to it, without waiting.
// SPDX-License-Identifier: MIT
#pragma once

#include <poll.h>

#include <cerrno>

namespace reelgate::posix {

/// Returns whether one of `events` (poll(2)), or POLLERR, POLLHUP or POLLNVAL, is reported for a descriptor now.
inline bool is_reported(int fd, short events) {
    pollfd state{fd, events, 0};
    int n = -1;
    do {
        n = poll(&state, 1, 0);
    } while (n < 0 && errno == EINTR);
    return n > 0;
}

/// Returns whether a socket, a pipe or a terminal has lost its other end.
inline bool has_hung_up(int fd) { return is_reported(fd, 0); }

}  // namespace reelgate::posix
