// Owns what the ranges of a response refer to: an open file, in the version that its answer announces.
// SPDX-License-Identifier: MIT
#include "gateway/content.h"

#include <cerrno>

namespace reelgate::gateway {

Failure Content::look() {
    using Kind = Failure::Kind;
    struct stat status;
    while (fstat(fd, &status) != 0)
        if (const Failure failure = failure_of_file(errno); failure.kind != Kind::interrupted) return failure;
    const posix::FileVersion now = posix::version_of(status);
    switch (posix::compare(version, now)) {
        case posix::FileChange::unchanged: return {};
        case posix::FileChange::relabelled:
            version = now;  // its new ctime explains no later change
            return {};
        case posix::FileChange::grown: return {may_grow ? Kind::none : Kind::changed};
        case posix::FileChange::changed: break;
    }
    return {now.complete_length < version.complete_length ? Kind::shorter : Kind::changed};
}

}  // namespace reelgate::gateway
