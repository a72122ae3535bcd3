// Owns the epoll set: which descriptors are watched, and which source handles their events.
// Does not own the descriptors, and does not know what they are.
//
// A descriptor, except timers, is armed for one event at a time (EPOLLONESHOT). The thread that gets the event
// therefore owns all that belongs to the descriptor until it rearms it, and needs no lock for it.
// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>

#include "posix/unique_fd.h"

namespace reelgate::engine {

class Worker;

/// Handles the events of a descriptor. Must live as long as the descriptor is watched.
class EventSource {
public:
    /// Handles `events` (epoll_ctl(2)) in the thread of `worker`. An exception is logged.
    virtual void handle(std::uint32_t events, Worker& worker) = 0;

protected:
    ~EventSource() = default;
};

class EventLoop {
public:
    /// Throws posix::FailureError.
    EventLoop();

    /// Watches `fd` for one event. Throws posix::FailureError.
    void add(int fd, std::uint32_t events, EventSource& source);

    /// Watches an added descriptor for its next event. Returns whether that succeeded.
    bool rearm(int fd, std::uint32_t events, EventSource& source) noexcept;

    /// Watches a timer. It is edge-triggered and never rearmed, so it wakes one thread each time it expires, even after
    /// failures. Throws posix::FailureError.
    void add_timer(int fd, EventSource& source);

    void remove(int fd) noexcept;

    /// Hands events to their sources, one at a time, until end() is called, or `is_over`, asked after each, is true.
    void run(Worker& worker, const std::function<bool()>& is_over);

    /// Makes every run() return, including later ones.
    void end() noexcept;

private:
    /// Wakes a thread, which then sees that the end has come.
    struct Wake final : EventSource {
        void handle(std::uint32_t, Worker&) override {}
    };

    posix::UniqueFd epoll_, end_;
    Wake wake_;
    std::atomic<bool> is_ended_{false};
};

/// Runs an action later, in any free thread.
class Timer final : public EventSource {
public:
    using Action = std::function<void()>;

    /// Throws posix::FailureError.
    Timer(EventLoop& loop, Action action);

    /// Expires once, after `delay`; replaces an earlier start. Returns whether that succeeded.
    bool start(std::chrono::nanoseconds delay) noexcept;

    void handle(std::uint32_t, Worker&) override { action_(); }

private:
    posix::UniqueFd fd_;
    Action action_;
};

}  // namespace reelgate::engine
