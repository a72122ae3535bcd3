// Owns what is known of the storage that films are on: a lane for each device, and the watch that finds out which does
// not answer.
// Does not touch it.
//
// Every thread may touch a device that answers: that costs nothing. The watch looks a hundred times a second, while any
// thread is in a device, for how long it has been there. After Lane::slow_operation the device counts as slow. Then
// threads that serve events leave it alone: who wants it waits in its lane, where a few threads of its own do what may
// block. For each thread that is held another takes its place, so that as many as ever serve events.
// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "engine/lane.h"

namespace reelgate::engine {

class Worker;

class Storage {
public:
    /// What the watch needs from who owns the threads.
    struct Threads {
        Lane::StartThread start;  ///< starts a thread of a device
        /// Calls `look` with each thread, whatever it serves. Allocates nothing.
        std::function<void(const std::function<void(Worker&)>& look)> each;
        /// Has as many threads serve events as before, although `held` of them are in storage.
        std::function<void(unsigned held)> replace;
    };

    /// A folder that does not answer.
    struct Hung {
        std::string folder;
        std::chrono::nanoseconds time;  ///< since it answered last
        std::size_t waiting;            ///< requests and transfers that wait for it, those that hold a thread included
    };

    explicit Storage(std::chrono::seconds timeout) : timeout_(timeout) {}
    Storage(const Storage&) = delete;
    Storage& operator=(const Storage&) = delete;

    /// Begins to watch. Throws std::system_error.
    void start(Threads threads);

    /// Ends the watch, and has the threads of devices end as soon as they can.
    void stop() noexcept;

    /// After so long without an answer a device counts as hung, and requests for its films are answered with 503.
    void set_timeout(std::chrono::seconds timeout) noexcept { timeout_ = timeout; }

    /// Finds the lane of a device; makes it where it is new.
    Lane& lane_of(dev_t device);

    /// Wakes the watch, since a thread is about to touch a device.
    void watch() noexcept {
        if (!is_watching_) wake();
    }

    /// Finds those that do not answer.
    std::vector<Hung> hung() const;

private:
    void run() noexcept;
    bool look() noexcept;
    void wake() noexcept;

    std::atomic<std::chrono::seconds> timeout_;
    Threads threads_;
    mutable std::mutex lanes_mutex_;
    std::list<Lane> lanes_;  // under lanes_mutex_; none is ever removed

    std::mutex mutex_;
    std::condition_variable woken_;
    std::atomic<bool> is_watching_{false};  // changed under mutex_
    bool is_over_ = false;                  // under mutex_
    std::thread watch_;
};

}  // namespace reelgate::engine
