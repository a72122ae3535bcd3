// Owns what a test has happen when sockets are read, written and accepted: a peer that is as fast as we are, calls that
// fail.
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

/// Has each recv(2), send(2), sendfile(2) and accept4(2) of this thread fail as long as it lives.
class FailingSocketCalls {
public:
    explicit FailingSocketCalls(int error);
    FailingSocketCalls(const FailingSocketCalls&) = delete;
    FailingSocketCalls& operator=(const FailingSocketCalls&) = delete;
    ~FailingSocketCalls();
};

/// Has each sendfile(2) of this thread fail as long as it lives.
class FailingCopies {
public:
    explicit FailingCopies(int error);
    FailingCopies(const FailingCopies&) = delete;
    FailingCopies& operator=(const FailingCopies&) = delete;
    ~FailingCopies();
};

}  // namespace reelgate
