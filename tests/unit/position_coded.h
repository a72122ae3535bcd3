// Owns content that says where it stands: a wrong slice of it can be read off a failed comparison.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdio>
#include <string>

namespace reelgate {

/// Makes `length` bytes, of which every eight are their own position and a bar: "0000000|0000008|0000016|...".
inline std::string position_coded(std::size_t length) {
    std::string content;
    while (content.size() < length) {
        char unit[32];
        std::snprintf(unit, sizeof unit, "%07zu|", content.size() % 10'000'000);
        content += unit;
    }
    content.resize(length);
    return content;
}

}  // namespace reelgate
