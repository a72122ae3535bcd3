// Owns the deadlines of peers: how long one may do nothing, and when that is checked.
// Does not know the connections: their owner looks at them, and asks this.
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
    /// Calls `look` when a peer may be late: it must ask is_late() about each connection.
    StallWatch(EventLoop& loop, std::chrono::seconds timeout, Timer::Action look);

    /// Sets how long a peer may do nothing; zero: for ever. Applies also to connections that wait already.
    void set_timeout(std::chrono::seconds timeout) noexcept;

    /// Schedules a look for a connection that is at `situation`, unless one is due sooner.
    void watch(Situation situation) noexcept;

    /// Looks at a connection, schedules the next look while it waits, and returns whether its peer is late. Only for
    /// `look`.
    bool is_late(ConnectionView& connection) noexcept;

    /// Begins a look: each connection that it finds waiting schedules the next.
    void begin_look() noexcept;

private:
    std::chrono::nanoseconds patience_with(const ConnectionView& connection) const;
    std::chrono::nanoseconds look_time(Situation situation) const;
    void look_within(std::chrono::nanoseconds delay) noexcept;

    std::atomic<std::chrono::seconds> timeout_;
    std::mutex mutex_;
    std::atomic<Clock::duration> next_look_{Clock::duration::max()};  ///< when timer_ expires; changed under mutex_
    Timer timer_;
};

}  // namespace reelgate::engine
