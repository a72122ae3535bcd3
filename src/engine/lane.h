// Owns those who wait for one device, and the few threads that do what might block on it.
// Does not touch the device, and does not start the threads.
// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "engine/connection_view.h"
#include "posix/unique_fd.h"

namespace reelgate::engine {

class Worker;

/// Something that waits for a device, without a thread.
class Waiting {
public:
    /// What it waits for.
    enum class For {
        opening,  ///< a film is to be opened: the request is turned away when the device hangs
        sending,  ///< a film is being sent
    };

    /// Goes on, in a thread that may touch the device.
    virtual void go_on(Worker& worker) noexcept = 0;

    /// Goes on in whichever thread is free, which may not touch the device.
    virtual void turn_away() noexcept = 0;

    /// Tells whether its peer has gone. Does not wait.
    virtual bool has_gone() const noexcept = 0;

protected:
    ~Waiting() = default;
};

/// Any thread may call anything, unless said otherwise. Lives as long as the server.
class Lane {
public:
    /// How long one operation may last before its device counts as slow: threads that serve events leave it alone then.
    static constexpr std::chrono::milliseconds slow_operation{50};

    /// `start_thread` has a thread of its own call serve().
    using StartThread = std::function<void(Lane&)>;
    Lane(dev_t device, StartThread start_thread) : device_(device), start_thread_(std::move(start_thread)) {}

    dev_t device() const { return device_; }

    /// Tells whether the device was slow a moment ago: then only its own threads may touch it.
    bool is_slow(Clock::duration now) const { return now < slow_until_.load(std::memory_order_relaxed); }

    /// Tells whether the device has answered nothing for so long that it counts as hung.
    bool is_hung() const { return hung_since_.load(std::memory_order_relaxed) != Clock::duration{}; }

    /// Since when it hangs; zero: it does not.
    Clock::duration hung_since() const { return hung_since_; }

    /// Takes note that an operation on the device has ended.
    void note_answer() {
        if (is_watched_.load(std::memory_order_relaxed)) last_answer_ = Clock::now().time_since_epoch();
    }

    /// Has `who` go on as soon as a thread of the device is free. Throws where there is no memory, or no thread.
    void wait(Waiting& who, Waiting::For what);

    /// Has the last reference to a film dropped by a thread of the device, since closing can block.
    void drop(std::shared_ptr<const posix::UniqueFd> film) noexcept;

    /// Serves those who wait, until none has come for a while. Called by a thread of the device.
    void serve(Worker& worker) noexcept;

    /// Has serve() return as soon as it can.
    void end() noexcept;

    /// Counts those who wait.
    std::size_t waiting() const;

    // Called by the watch over storage alone

    /// Takes note of an operation that began at `since` and has not ended.
    void note_slow(Clock::duration since, Clock::duration now);

    /// Judges what was noted since the last time: after `timeout` without any answer the device hangs. Turns away who
    /// waits in vain, and whose peer has gone. Tells whether there is anything to watch.
    bool judge(Clock::duration now, std::chrono::nanoseconds timeout) noexcept;

    /// Where the device is mounted, for messages.
    std::string folder() const;

private:
    bool take(std::unique_lock<std::mutex>& lock, Worker& worker) noexcept;
    void add_thread();
    void turn_away() noexcept;
    void begin_hanging(Clock::duration since) noexcept;
    void end_hanging() noexcept;

    const dev_t device_;
    const StartThread start_thread_;
    std::atomic<Clock::duration> slow_until_{Clock::duration{}};
    std::atomic<Clock::duration> last_answer_{Clock::duration{}};
    std::atomic<Clock::duration> hung_since_{Clock::duration{}};
    std::atomic<bool> is_watched_{false};
    Clock::duration oldest_{};  ///< beginning of the oldest operation that was noted; zero: none. The watch's own

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Waiting*> opening_, sending_;                  // under mutex_
    bool was_opening_ = false;                                // under mutex_: the last that was taken
    std::deque<std::shared_ptr<const posix::UniqueFd>> films_;  // under mutex_: to be closed
    unsigned threads_ = 0, free_threads_ = 0;                 // under mutex_
    bool is_over_ = false;                                    // under mutex_
};

}  // namespace reelgate::engine
