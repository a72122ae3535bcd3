// Owns the deadlines of peers: for how long one may do nothing, and when that is looked at.
// Does not know the connections: who owns them looks, and asks this.
// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <chrono>
#include <mutex>

#include "engine/connection_view.h"
#include "engine/event_loop.h"

namespace reelgate::engine {

class StallWatch {
public:
    /// `look` is called when a peer may be late: it asks is_late() about each connection.
    StallWatch(EventLoop& loop, std::chrono::seconds timeout, Timer::Action look);

    /// Changes the time that a peer may do nothing. Zero: for ever. Connections that wait already are judged by it too.
    void set_timeout(std::chrono::seconds timeout) noexcept;

    /// Has connections looked at in time, one of which is at `situation`.
    void watch(Situation situation) noexcept;

    /// Looks at a connection, has it looked at again while it waits, and tells whether its peer is late. For `look`
    /// alone.
    bool is_late(ConnectionView& connection) noexcept;

    /// Begins a look: whatever it finds waiting is looked at again.
    void begin_look() noexcept { next_look_ = Clock::duration::max(); }

private:
    std::chrono::nanoseconds patience_with(const ConnectionView& connection) const;
    std::chrono::nanoseconds look_time(Situation situation) const;
    void look_within(std::chrono::nanoseconds delay) noexcept;

    std::atomic<std::chrono::seconds> timeout_;
    std::mutex mutex_;
    std::atomic<Clock::duration> next_look_{Clock::duration::max()};  ///< when timer_ goes off; changed under mutex_
    Timer timer_;
};

}  // namespace reelgate::engine
