// Owns the epoll set: which descriptors are watched, and who is told what has happened to them.
// Does not own the descriptors, and does not know what they are.
//
// A descriptor is armed for one event at a time (EPOLLONESHOT). The thread that gets the event therefore owns what
// belongs to the descriptor until it arms it again, and needs no lock for it.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

#include "posix/unique_fd.h"

namespace reelgate::engine {

class Worker;

/// What a watched descriptor belongs to. Must outlive its being watched.
class EventSource {
public:
    /// Handles `events` (epoll_ctl(2)) in the thread of `worker`. What it throws is logged.
    virtual void handle(std::uint32_t events, Worker& worker) = 0;

protected:
    ~EventSource() = default;
};

class EventLoop {
public:
    /// Throws std::system_error.
    EventLoop();

    /// Watches `fd` for one event. Throws std::system_error.
    void add(int fd, std::uint32_t events, EventSource& source);

    /// Watches a descriptor that was added for the next event. Returns whether that could be done.
    bool rearm(int fd, std::uint32_t events, EventSource& source) noexcept;

    /// Watches a timer, which is edge-triggered and never armed again: it wakes one thread each time it goes off,
    /// whatever has failed since. Throws std::system_error.
    void add_timer(int fd, EventSource& source);

    void remove(int fd) noexcept;

    /// Hands events to their sources, one at a time, until end() is called, or until `is_over` says so after one.
    void run(Worker& worker, const std::function<bool()>& is_over);

    /// Has every run() return, also those that begin later.
    void end() noexcept;

private:
    posix::UniqueFd epoll_, end_;
};

/// Does something later, in whichever thread is free.
class Timer final : public EventSource {
public:
    using Action = std::function<void()>;

    /// Throws std::system_error.
    Timer(EventLoop& loop, Action action);

    /// Goes off once, after `delay`, which replaces what was started before. Returns whether that could be done.
    bool start(std::chrono::nanoseconds delay) noexcept;

    void handle(std::uint32_t, Worker&) override { action_(); }

private:
    posix::UniqueFd fd_;
    Action action_;
};

}  // namespace reelgate::engine
