// Owns how lines get to a descriptor that may not take them, without waiting for it and without changing it for the
// other processes that have it.
// Does not know what is in the lines, or who counts those that are lost.
// SPDX-License-Identifier: MIT
#pragma once

#include <sys/uio.h>

#include <string_view>

#include "posix/unique_fd.h"

namespace reelgate::posix {

/// Writes lines to a descriptor, which stays open and leads to the same place. For one thread at a time.
class LineOutput {
public:
    /// Waits, as write(2) does, until stop_waiting().
    explicit LineOutput(int fd) noexcept : fd_(fd) {}

    /// From now on write() does not wait for a pipe, a terminal or a socket. For one that allows neither a description
    /// of our own nor RWF_NOWAIT, poll(2) is asked before, and another writer may be faster. A file is waited for.
    void stop_waiting() noexcept;

    /// Writes `text` and then `end`, in one piece where both have no more than PIPE_BUF bytes. Returns false when it was
    /// not taken, or only in part: the next begins on a line of its own then. Once waiting has stopped, no SIGPIPE
    /// comes of it.
    bool write(std::string_view text, std::string_view end = "\n") noexcept;

private:
    enum class Way {
        waiting,          ///< write(2): nothing to be done, or not yet asked for
        message,          ///< a socket: send(2) with MSG_DONTWAIT
        own_description,  ///< opened anew with O_NONBLOCK: the one that was handed over is shared, and so are its flags
        marked,           ///< each write says RWF_NOWAIT: a pipe of another user, from Linux 6.4 on
        polled,           ///< poll(2) is asked before each write
    };

    bool open_own_description() noexcept;
    ssize_t put(const iovec* pieces, int count) noexcept;

    int fd_;
    Way way_ = Way::waiting;
    UniqueFd own_;
    bool is_cut_ = false;  ///< the last line has no end
};

}  // namespace reelgate::posix
