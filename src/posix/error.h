// Owns the form in which a failed system call is reported: operation, object, cause.
// Does not decide what follows.
// SPDX-License-Identifier: MIT
#pragma once

#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>
#include <system_error>

namespace reelgate::posix {

/// Throws `error` as a std::system_error whose text is "operation object: cause".
[[noreturn]] inline void throw_errno(std::string_view operation, std::string_view object, int error = errno) {
    std::string what{operation};
    what.append(" ").append(object);
    throw std::system_error{error, std::generic_category(), what};
}

/// Returns the cause in words, without using the heap: for failure handlers.
inline const char* static_cause(int error) noexcept {
    const char* const text = strerrordesc_np(error);
    return text ? text : "unknown error";
}

/// Returns the cause in words.
inline std::string cause(int error) { return std::generic_category().message(error); }

}  // namespace reelgate::posix
