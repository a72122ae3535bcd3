// Owns what a failure of a transfer is: which end of it failed, and what the system said.
// SPDX-License-Identifier: MIT
#include "gateway/failure.h"

#include <poll.h>

#include <cerrno>

#include "posix/error.h"

namespace reelgate::gateway {

namespace {

using Kind = Failure::Kind;

/// Tells whether an errno is never said of reading. EPIPE may be all that tells of a peer: one that only has shut down
/// its reading half has not hung up.
bool is_of_writing(int error) {
    return error == EPIPE || error == ENOSPC || error == EDQUOT || error == EFBIG;
}

/// Tells whether a socket, a pipe or a terminal has lost its other end.
bool has_hung_up(int out) {
    pollfd state{out, 0, 0};  // POLLERR, POLLHUP and POLLNVAL are reported unasked
    int n = -1;
    do {
        n = poll(&state, 1, 0);
    } while (n < 0 && errno == EINTR);
    return n > 0;
}

}  // namespace

Failure failure_of_output(int error) {
    if (error == EINTR) return {Kind::interrupted, error};
    if (error == EAGAIN) return {Kind::blocked, error};
    return {Kind::aborted, error};
}

bool is_of_memory(int error) { return error == ENOMEM || error == ENOBUFS; }

Failure failure_of_send(int error) {
    return is_of_memory(error) ? Failure{Kind::starved, error} : failure_of_output(error);
}

Failure failure_of_file(int error) { return {error == EINTR ? Kind::interrupted : Kind::unreadable, error}; }

Failure failure_of_copy(int out, int error) {
    if (error == EINTR || error == EAGAIN || is_of_writing(error)) return failure_of_output(error);
    // No other errno says which end failed: ETIMEDOUT is a TCP peer that has vanished (tcp(7)) or an NFS server,
    // ENOTCONN a socket or a FUSE file system whose process has died, EIO a disk or a terminal. The socket is asked
    // instead. SO_ERROR would not tell: the failed call itself has taken the error out of it. But a connection that has
    // failed stays hung up, and one that has not leaves only the file.
    return has_hung_up(out) ? failure_of_output(error) : failure_of_file(error);
}

const char* describe(Failure failure) noexcept {
    switch (failure.kind) {
        case Kind::none: return "nothing has failed";
        case Kind::shorter: return "the file is shorter than it was";
        case Kind::changed: return "the file was changed meanwhile";
        case Kind::interrupted:
        case Kind::blocked:
        case Kind::aborted:
        case Kind::starved:
        case Kind::unreadable: break;
    }
    return posix::static_cause(failure.error);
}

}  // namespace reelgate::gateway
