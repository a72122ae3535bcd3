// Owns the failure of what a test needs: a system call that it makes itself.
// SPDX-License-Identifier: MIT
#pragma once

#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>

namespace reelgate {

/// Ends a test with "operation object: cause": it could not be tried.
[[noreturn]] inline void fail_test(std::string_view operation, std::string_view object, int error = errno) {
    throw std::system_error{error, std::generic_category(), std::string{operation}.append(" ").append(object)};
}

}  // namespace reelgate
