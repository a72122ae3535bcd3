// Owns the words for an errno where nothing may be allocated.
// Does not decide what follows.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstring>

namespace reelgate::posix {

/// Returns the cause in words, without using the heap: for failure handlers.
inline const char* static_cause(int error) noexcept {
    const char* const text = strerrordesc_np(error);
    return text ? text : "unknown error";
}

}  // namespace reelgate::posix
