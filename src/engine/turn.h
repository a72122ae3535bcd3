// Owns how much a connection may do before others get their turn.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace reelgate::engine {

/// What a connection has used of one turn.
struct Turn {
    /// Bytes that one turn may read, and may write.
    static constexpr std::uint64_t max_bytes = std::uint64_t{1} << 20;

    /// Bytes that one turn may write in a thread of a device: a device has few threads.
    static constexpr std::uint64_t max_lane_bytes = std::uint64_t{64} << 10;

    /// Requests that one turn may begin: if a web server does not wait for answers, thousands fit in max_bytes.
    static constexpr int max_requests = 16;

    bool may_read() const { return read < max_bytes; }
    bool may_begin() const { return begun < max_requests; }

    std::uint64_t read = 0;  ///< bytes
    int begun = 0;           ///< requests
};

}  // namespace reelgate::engine
