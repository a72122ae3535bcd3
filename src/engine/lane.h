// Owns the queues for one device, and the few threads that do what might block on it.
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
#include <optional>
#include <string>
#include <vector>

#include "engine/connection_view.h"
#include "posix/unique_fd.h"

namespace reelgate::engine {

class Worker;

/// Waits for a device without a thread.
class Waiting {
public:
    /// What it waits for.
    enum class For {
        opening,  ///< to open a film: the request is turned away when the device hangs
        sending,  ///< to send more of a film
    };

    /// Goes on in the calling thread, which may touch the device.
    virtual void go_on(Worker& worker) noexcept = 0;

    /// Ends the wait: goes on in any free thread, which may not touch the device.
    virtual void turn_away() noexcept = 0;

    /// Returns what stands for the film that it sends; null while it opens one.
    virtual const void* film() const noexcept = 0;

    /// Returns whether its peer is gone, or has said something to act on; a peer that waits for nothing more is news
    /// once the device hangs. Does not block.
    virtual bool has_news(bool is_hung) const noexcept = 0;

protected:
    ~Waiting() = default;
};

/// Serves one device. What the watch sees of it decides who may touch it:
///
///     well   any thread
///     slow   operations took slow_operation, or threads wait for it much of the time: only its own threads
///     hung   slow, and no operation has ended for the storage timeout: as before, and those who open are turned away
///
/// It is well again when nothing slow was seen for a while. Any thread may call any function, unless noted. Lives as
/// long as the server.
class Lane {
public:
    /// How long an operation may take before its device counts as slow: threads that serve events then leave it alone.
    static constexpr std::chrono::milliseconds slow_operation{50};

    using Films = std::deque<std::shared_ptr<const posix::UniqueFd>>;

    /// Starts a thread that calls serve().
    using StartThread = std::function<void(Lane&)>;
    Lane(dev_t device, StartThread start_thread) : device_(device), start_thread_(std::move(start_thread)) {}

    dev_t device() const { return device_; }

    /// Returns whether the device was slow a moment ago: then only its own threads may touch it.
    bool is_slow(Clock::duration now) const { return now < slow_until_.load(std::memory_order_relaxed); }

    /// Returns whether the device counts as hung: it has answered nothing for the storage timeout.
    bool is_hung() const { return hung_since_.load(std::memory_order_relaxed) != Clock::duration{}; }

    /// Returns since when the device hangs; zero: it does not.
    Clock::duration hung_since() const { return hung_since_; }

    /// Notes that an operation on the device has ended.
    void note_answer() {
        if (is_watched_.load(std::memory_order_relaxed)) last_answer_ = Clock::now().time_since_epoch();
    }

    /// Queues `who` to go on once a thread of the device is free. Throws if there is no memory, or no thread.
    void wait(Waiting& who, Waiting::For what);

    /// Takes a reference to a film or a folder, for a thread of the device to drop: closing can block. Returns false if
    /// there is no memory for that: then `open` still has it.
    bool drop(std::shared_ptr<const posix::UniqueFd>& open) noexcept;

    /// Starts a thread for what waits to be closed, if it has none. Returns whether anything waits.
    bool close_on() noexcept;

    /// Lets one of its threads enter another slow device, until end_visit(). Returns false if another one is there: no
    /// other device may hold them all.
    bool begin_visit() noexcept { return !is_one_abroad_.exchange(true); }
    void end_visit() noexcept { is_one_abroad_ = false; }

    /// Serves the queues until they have been empty for a while. Called by a thread of the device.
    void serve(Worker& worker) noexcept;

    /// Makes serve() return as soon as it can.
    void end() noexcept;

    /// Returns what waits to be closed, which may block.
    Films take_films();

    /// Returns how many requests and transfers wait.
    std::size_t waiting() const;

    // Only for the watch over storage

    /// How long an operation may take before the watch asks whether its thread waits for the device.
    static constexpr std::chrono::milliseconds doubtful_operation{2};

    /// Notes that a thread waits for the device. A device for which threads wait much of the time is slow, even if each
    /// wait is short.
    void note_wait() noexcept { seen_.is_waited_for = true; }

    /// Notes an operation that began at `since` and has not ended.
    void note_slow(Clock::duration since, Clock::duration now);

    /// Judges the operations noted since the last call: after `timeout` without any answer the device hangs. Turns away
    /// requests that wait for a hung device, and transfers whose peer has news. Returns whether to go on watching.
    bool judge(Clock::duration now, std::chrono::nanoseconds timeout) noexcept;

    /// Returns whether the last call of judge() has found a change that is not logged yet.
    bool has_news() const { return seen_.news != News::none; }

    /// Logs that change. Reads the mounts: hold no lock.
    void tell_news() noexcept;

    /// Returns where the device is mounted, for messages.
    std::string folder() const;

private:
    /// What is to be logged.
    enum class News {
        none,
        hangs,    ///< the device has begun to hang
        answers,  ///< it answers again
    };

    /// What the watch has seen; only for the watch.
    struct Seen {
        Clock::duration oldest{};    ///< start of the oldest operation noted since the last judgement; zero: none
        bool is_waited_for = false;  ///< a thread waited for the device, since then
        int waits = 0;               ///< how much of the last looks saw that
        News news = News::none;
    };

    /// Kinds of work, which take turns.
    enum class Work { opening, sending, closing };

    std::optional<Work> next_work() const;
    std::deque<Waiting*>::const_iterator next_sender() const;
    void go_on(std::unique_lock<std::mutex>& lock, Waiting& who, Worker& worker) noexcept;
    bool take(std::unique_lock<std::mutex>& lock, Worker& worker) noexcept;
    void add_thread();
    void turn_away() noexcept;

    const dev_t device_;
    const StartThread start_thread_;
    std::atomic<Clock::duration> slow_until_{Clock::duration{}};
    std::atomic<Clock::duration> last_answer_{Clock::duration{}};
    std::atomic<Clock::duration> hung_since_{Clock::duration{}};
    std::atomic<bool> is_watched_{false};
    std::atomic<bool> is_one_abroad_{false};
    Seen seen_;

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Waiting*> opening_, sending_;                  // under mutex_
    Work last_work_ = Work::closing;                          // under mutex_: the kind that was done last
    std::size_t next_polled_ = 0;                             // under mutex_: index in sending_ of the next to poll
    Films films_;                                             // under mutex_: to be closed, with folders
    std::vector<const void*> sent_films_;                     // under mutex_: those that its threads send
    unsigned threads_ = 0, free_threads_ = 0;                 // under mutex_
    bool is_over_ = false;                                    // under mutex_
};

}  // namespace reelgate::engine
