// Owns the usage error: a command, an option or a value that is wrong, and the place where it can be corrected.
// Does not look for any.
// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "posix/failure.h"

namespace reelgate::options {

/// Usage error: an unknown command or option, or a value that is out of range, on the command line, in the environment
/// or in the configuration file. Exit status 2.
class UsageError : public posix::FailureError {
public:
    using FailureError::FailureError;
};

/// Usage errors, in the order in which they were found.
using Problems = std::vector<posix::Failure>;

/// Does `work`; records a UsageError as a problem and goes on.
template <typename Work>
void attempt(Problems& problems, const Work& work) {
    try {
        work();
    } catch (const UsageError& error) {
        problems.push_back(error.failure());
    }
}

/// Throws the first problem, if there is one.
inline void throw_first(const Problems& problems) {
    if (!problems.empty()) throw UsageError{problems.front()};
}

}  // namespace reelgate::options
