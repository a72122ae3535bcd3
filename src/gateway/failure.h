// Owns the failures of a transfer: which end failed, and what the system reported.
// Does not decide what becomes of the connection.
// SPDX-License-Identifier: MIT
#pragma once

namespace reelgate::gateway {

/// What stops a transfer, for a moment or for ever.
struct Failure {
    enum class Kind {
        none,
        interrupted,  ///< by a signal: retry the call
        blocked,      ///< the peer must take something first
        aborted,      ///< the peer is gone, or the output has failed
        starved,      ///< the system has no memory to send, and the peer is there
        unreadable,   ///< the system cannot read the file, or its state
        shorter,      ///< the file is shorter than the answer announces
        changed,      ///< the file was written to since the answer announced it
    };

    Kind kind = Kind::none;
    int error = 0;  ///< errno; 0 if no call has failed

    explicit operator bool() const { return kind != Kind::none; }
};

/// Classifies the errno of a call that only the output can fail, such as send and write: interrupted, blocked, starved
/// or aborted.
Failure failure_of_output(int error);

/// Returns whether an errno of a call on a socket is about the system's memory, not about the peer.
bool is_of_memory(int error);

/// Classifies the errno of a call that only the file can fail, such as pread and fstat: interrupted or unreadable.
Failure failure_of_file(int error);

/// Classifies the errno of a sendfile to `out`, which either end can fail: where the errno does not tell which, the
/// present state of `out` decides.
Failure failure_of_copy(int out, int error);

/// Returns a failure's text for the log, without using the heap.
const char* describe(Failure failure) noexcept;

}  // namespace reelgate::gateway
