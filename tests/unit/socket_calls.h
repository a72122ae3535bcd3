// Owns what a test has happen before sockets are read and written: a peer that is as fast as we are.
// Does not change what the calls do.
// SPDX-License-Identifier: MIT
#pragma once

#include <functional>

namespace reelgate {

/// Calls `before_reading` before each recv(2) of this thread, and `before_writing` before each send(2) and sendfile(2),
/// as long as it lives. Either may be empty. What they do themselves with read(2) and write(2) is left alone.
class WatchedSocketCalls {
public:
    WatchedSocketCalls(std::function<void()> before_reading, std::function<void()> before_writing);
    WatchedSocketCalls(const WatchedSocketCalls&) = delete;
    WatchedSocketCalls& operator=(const WatchedSocketCalls&) = delete;
    ~WatchedSocketCalls();
};

}  // namespace reelgate
