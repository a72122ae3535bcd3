// Owns what the ranges of a response refer to: an open file, in the version that its answer announces.
// SPDX-License-Identifier: MIT
#include "gateway/content.h"

namespace reelgate::gateway {

const char* Content::look() {
    struct stat status;
    if (fstat(fd, &status) != 0) return "the file cannot be looked at any more";
    const posix::FileVersion now = posix::version_of(status);
    switch (posix::compare(version, now)) {
        case posix::FileChange::unchanged: return nullptr;
        case posix::FileChange::relabelled:
            version = now;  // its new ctime explains no later change
            return nullptr;
        case posix::FileChange::grown: return may_grow ? nullptr : "the file was changed meanwhile";
        case posix::FileChange::changed: break;
    }
    return now.complete_length < version.complete_length ? "the file is shorter than it was"
                                                         : "the file was changed meanwhile";
}

}  // namespace reelgate::gateway
