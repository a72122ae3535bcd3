// Owns the failures of a transfer: which end failed, and what the system reported.
// SPDX-License-Identifier: MIT
#include "gateway/failure.h"

#include <cerrno>

#include "posix/failure.h"
#include "posix/poll.h"

namespace reelgate::gateway {

namespace {

using Kind = Failure::Kind;

/// Returns whether only writing fails with an errno. EPIPE may be the only sign of a lost peer: one that has shut down
/// just its reading half has not hung up.
bool is_of_writing(int error) {
    return error == EPIPE || error == ENOSPC || error == EDQUOT || error == EFBIG;
}

}  // namespace

bool is_of_memory(int error) { return error == ENOMEM || error == ENOBUFS; }

Failure failure_of_output(int error) {
    if (error == EINTR) return {Kind::interrupted, error};
    if (error == EAGAIN) return {Kind::blocked, error};
    return {is_of_memory(error) ? Kind::starved : Kind::aborted, error};
}

Failure failure_of_file(int error) { return {error == EINTR ? Kind::interrupted : Kind::unreadable, error}; }

Failure failure_of_copy(int out, int error) {
    const bool is_of_output = error == EINTR || error == EAGAIN || is_of_memory(error) || is_of_writing(error);
    if (is_of_output) return failure_of_output(error);
    // No other errno tells which end failed: ETIMEDOUT is a TCP peer that has vanished (tcp(7)) or an NFS server,
    // ENOTCONN a socket or a FUSE file system whose process has died, EIO a disk or a terminal. poll() tells instead: a
    // failed connection stays hung up; if it is not, the file has failed. SO_ERROR is no help: the failed call itself
    // has cleared it.
    return posix::has_hung_up(out) ? failure_of_output(error) : failure_of_file(error);
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
