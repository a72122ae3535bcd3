// Owns the list of usage errors: options and values that are wrong, and the places where they can be corrected.
// Does not look for any.
// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "posix/failure.h"

namespace reelgate::options {

/// Usage errors, in the order in which they were found.
using Problems = std::vector<posix::Failure>;

/// Does `work`; records its failure as a problem and goes on.
template <typename Work>
void attempt(Problems& problems, const Work& work) {
    try {
        work();
    } catch (const posix::FailureError& error) {
        problems.push_back(error.failure());
    }
}

/// Throws the first problem, if there is one.
inline void throw_first(const Problems& problems) {
    if (!problems.empty()) throw posix::FailureError{problems.front()};
}

}  // namespace reelgate::options
