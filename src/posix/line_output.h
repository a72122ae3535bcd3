// Owns writing lines to a descriptor that may not take them, without waiting, and without changing it for other
// processes that have it.
// Does not know the content of the lines, and does not count lost ones.
// SPDX-License-Identifier: MIT
#pragma once

#include <sys/uio.h>

#include <string_view>

#include "posix/unique_fd.h"

namespace reelgate::posix {

/// Writes lines to a descriptor, which must stay open and lead to the same place. For one thread at a time.
class LineOutput {
public:
    /// Writes to `fd`, and waits as write(2) does, until stop_waiting() is called.
    explicit LineOutput(int fd) noexcept : fd_(fd) {}

    /// Makes write() no longer wait for a pipe, a terminal or a socket; it still waits for a file. If the descriptor
    /// allows neither a description of our own nor RWF_NOWAIT, write() asks poll(2) first: another writer may then be
    /// faster, and make it wait.
    void stop_waiting() noexcept;

    /// Writes `text` and then `end`, in one piece if both have PIPE_BUF bytes at most. Returns false if they were not
    /// taken, or only in part: the next text then begins on a line of its own. After stop_waiting() it raises no
    /// SIGPIPE.
    bool write(std::string_view text, std::string_view end = "\n") noexcept;

private:
    enum class Way {
        waiting,          ///< write(2): a file, or before stop_waiting()
        message,          ///< a socket: send(2) with MSG_DONTWAIT
        own_description,  ///< reopened with O_NONBLOCK: the inherited description is shared, and so are its flags
        marked,           ///< each write has RWF_NOWAIT: a pipe of another user, from Linux 6.4 on
        polled,           ///< poll(2) before each write
    };

    bool open_own_description() noexcept;
    ssize_t put(const iovec* pieces, int count) noexcept;

    int fd_;
    Way way_ = Way::waiting;
    UniqueFd own_;
    bool is_cut_ = false;  ///< the last line was written only in part
};

}  // namespace reelgate::posix
