// Owns what the ranges of a response refer to: an open file, in the version that its answer announces.
// Does not read it, and does not own the descriptor.
// SPDX-License-Identifier: MIT
#pragma once

#include "gateway/failure.h"
#include "posix/file_version.h"

namespace reelgate::gateway {

struct Content {
    int fd = -1;                   ///< must stay open until the response is sent; -1: there is no file
    posix::FileVersion version{};  ///< as the answer announces it
    bool may_grow = false;         ///< the validator stays while the file grows

    /// Checks whether the file is still as the answer announces it. Returns how it has changed; none if it has not. A
    /// write within one tick of the file system's clock goes unnoticed.
    Failure look();
};

}  // namespace reelgate::gateway
