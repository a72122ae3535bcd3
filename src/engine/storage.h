// Owns the health of film storage: a lane for each device, and the watch that finds devices that do not
// answer.
// Does not touch the devices.
//
// Every thread may touch a device that answers, at no extra cost. While any thread is in a device, the watch checks a
// hundred times a second how long it has been there. After Lane::slow_operation the device counts as slow. Threads that
// serve events then leave it alone: connections wait in its lane, where a few threads of its own do what may block.
// Another thread replaces each one that is held, so that as many as before serve events.
// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "engine/lane.h"
#include "media/media_folders.h"

namespace reelgate::engine {

class Worker;

class Storage {
public:
    /// What the watch needs from the owner of the threads.
    struct Threads {
        Lane::StartThread start;  ///< starts a thread of a device
        /// Calls `look` with each thread of either kind. Allocates nothing.
        std::function<void(const std::function<void(Worker&)>& look)> each;
        /// Keeps the configured number of threads serving events, while `held` others are stuck in storage.
        std::function<void(unsigned held)> replace;
    };

    /// A folder that does not answer.
    struct Hung {
        std::string folder;
        std::chrono::nanoseconds time;  ///< since its last answer
        std::size_t waiting;            ///< requests and transfers that wait for it, including those that hold a thread
        std::size_t threads;            ///< that it holds
    };

    explicit Storage(std::chrono::seconds timeout) : timeout_(timeout) {}
    Storage(const Storage&) = delete;
    Storage& operator=(const Storage&) = delete;

    /// Starts the watch. Throws std::system_error.
    void start(Threads threads);

    /// Stops the watch, and makes the threads of devices end as soon as they can.
    void stop() noexcept;

    std::chrono::nanoseconds timeout() const noexcept { return timeout_.load(); }

    /// Sets how long a device may answer nothing before it counts as hung, and requests for its films get 503.
    void set_timeout(std::chrono::seconds timeout) noexcept { timeout_ = timeout; }

    /// Returns the lane of a device, which it creates for a new one.
    Lane& lane_of(dev_t device);

    /// Wakes the watch if it sleeps, since a thread is about to touch a device.
    void watch() noexcept {
        if (!is_watching_) wake();
    }

    /// Returns what is still open, to be closed, which may block; null if nothing is. Call stop() before, and wait
    /// until the threads have ended.
    std::shared_ptr<void> take_films();

    /// Returns the folders that do not answer.
    std::vector<Hung> hung() const;

private:
    void run() noexcept;
    void sleep(std::unique_lock<std::mutex>& lock);
    void watch_closely(std::unique_lock<std::mutex>& lock);
    void settle(std::unique_lock<std::mutex>& lock);
    bool hand_over(dev_t device, std::shared_ptr<const posix::UniqueFd>& open) noexcept;
    bool let_go_of_unused() noexcept;
    bool look() noexcept;
    Lane* lane_with_news() noexcept;
    void wake() noexcept;

    std::atomic<std::chrono::seconds> timeout_;
    Threads threads_;
    mutable std::mutex lanes_mutex_;
    std::list<Lane> lanes_;  // under lanes_mutex_; none is ever removed

    std::mutex mutex_;
    std::condition_variable woken_;
    std::atomic<bool> is_watching_{false};  // changed under mutex_
    bool is_over_ = false;                  // under mutex_
    media::Unused unused_;  ///< taken, and to be handed to the lanes; only for the watch
    std::thread watch_;
};

}  // namespace reelgate::engine
