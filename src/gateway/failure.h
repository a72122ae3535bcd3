// Owns what a failure of a transfer is: which end of it failed, and what the system said.
// Does not decide what becomes of the connection.
// SPDX-License-Identifier: MIT
#pragma once

namespace reelgate::gateway {

/// What stops a transfer, for a moment or for good.
struct Failure {
    enum class Kind {
        none,
        interrupted,  ///< by a signal: the same call is made again
        blocked,      ///< the peer has to take something first
        aborted,      ///< the peer has gone, or the way out has failed
        starved,      ///< the system lacks memory to write, and the peer is there
        unreadable,   ///< the system cannot read or look at the file
        shorter,      ///< the file is shorter than the answer announces
        changed,      ///< the file was written to since the answer announced it
    };

    Kind kind = Kind::none;
    int error = 0;  ///< errno; 0 where no call has failed

    explicit operator bool() const { return kind != Kind::none; }
};

/// Judges the errno of a call that only the way out can fail: send, write. Interrupted, blocked or aborted.
Failure failure_of_output(int error);

/// Judges the errno of a send. As failure_of_output, or starved.
Failure failure_of_send(int error);

/// Tells whether an errno of a socket's call is about the system's memory, not about the peer.
bool is_of_memory(int error);

/// Judges the errno of a call that only the file can fail: pread, fstat. Interrupted or unreadable.
Failure failure_of_file(int error);

/// Judges the errno of a sendfile to `out`, which either end can fail: the state that `out` is in now decides.
Failure failure_of_copy(int out, int error);

/// Gives a failure's text for the log, without the heap.
const char* describe(Failure failure) noexcept;

}  // namespace reelgate::gateway
