// Owns what a connection may do at a time before others go first.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace reelgate::engine {

/// What one turn has used of what it may.
struct Turn {
    /// Bytes, read or written.
    static constexpr std::uint64_t max_bytes = std::uint64_t{1} << 20;

    /// Bytes written in a thread of a device, of which there are few.
    static constexpr std::uint64_t max_lane_bytes = std::uint64_t{64} << 10;

    /// Requests: a web server that sends them without waiting for answers has thousands in those bytes.
    static constexpr int max_requests = 16;

    bool may_read() const { return read < max_bytes; }
    bool may_begin() const { return begun < max_requests; }

    std::uint64_t read = 0;  ///< bytes
    int begun = 0;           ///< requests
};

}  // namespace reelgate::engine
