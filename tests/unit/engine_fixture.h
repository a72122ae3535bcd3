// Owns what the tests of the engine's threads share: waiting for what other threads do, holding them, sending them on
// errands, and an engine that serves.
// Does not expect anything: rows do.
// SPDX-License-Identifier: MIT
#pragma once

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/types.h>
#include <unistd.h>

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "engine/event_loop.h"
#include "engine/storage.h"
#include "engine/worker.h"
#include "engine/workers.h"
#include "fail_test.h"
#include "handler_settings.h"
#include "temporary_folder.h"

namespace reelgate::engine {

/// How long a test waits before it fails.
inline constexpr std::chrono::seconds max_wait{20};

/// A timeout that no test lives to see.
inline constexpr std::chrono::hours endless{1000};

/// Waits until `is_met` returns true. Returns whether it has.
template <typename Condition>
bool wait_until(Condition&& is_met) {
    const auto deadline = Clock::now() + max_wait;
    while (!is_met()) {
        if (Clock::now() > deadline) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
    return true;
}

/// Settings of a Handler for the films below `folder`, where it makes the folder of videos.
inline HandlerSettings settings_in(const TemporaryFolder& folder) {
    return {
        .places = {
            .database = folder / "catalog.db",
            .videos = {folder.make_folder("videos")},
            .query = "SELECT status FROM videos WHERE id = ?1",
            .ready = "complete",
            .prefix = "/",
        },
        .policy = {.cache_control = "private", .max_ranges = 100, .cors_origins = {}},
        .delivery = {},
    };
}

inline Clock::duration now() { return Clock::now().time_since_epoch(); }

/// Holds threads until it is opened, as storage does.
class Hold {
public:
    Hold() = default;
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;

    /// Holds the calling thread.
    void pass() {
        std::unique_lock lock{mutex_};
        ++inside_;
        changed_.notify_all();
        changed_.wait(lock, [this] { return is_open_; });
        --inside_;
    }

    /// Waits until it holds `count` threads. Returns whether it does.
    bool holds(unsigned count) {
        std::unique_lock lock{mutex_};
        return changed_.wait_for(lock, max_wait, [&] { return inside_ == count; });
    }

    void open() {
        const std::lock_guard lock{mutex_};
        is_open_ = true;
        changed_.notify_all();
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    unsigned inside_ = 0;
    bool is_open_ = false;
};

/// Something that a thread is to do which serves events.
class Errand final : public EventSource {
public:
    using Function = std::function<void(Worker&)>;

    Errand(EventLoop& loop, Function function)
        : loop_(loop), function_(std::move(function)), fd_(eventfd(1, EFD_CLOEXEC)) {
        if (!fd_) fail_test("create", "errand");
        loop_.add(fd_.get(), EPOLLIN, *this);
    }
    Errand(const Errand&) = delete;
    Errand& operator=(const Errand&) = delete;

    void handle(std::uint32_t, Worker& worker) override {
        // Not only set: so that this thread has seen what was done before it was repeated.
        is_done_.exchange(false);
        thread_ = gettid();
        function_(worker);
        is_done_ = true;
    }

    bool is_done() const { return is_done_; }

    /// Returns the thread that has taken it; zero: none.
    pid_t thread() const { return thread_; }

    /// Has it done once more. Only for one that is done.
    void repeat() {
        is_done_ = false;
        BOOST_TEST(loop_.rearm(fd_.get(), EPOLLIN, *this));
    }

private:
    EventLoop& loop_;
    const Function function_;
    const posix::UniqueFd fd_;
    std::atomic<bool> is_done_{false};
    std::atomic<pid_t> thread_{0};
};

/// An engine without connections: its threads run errands. At its end it lets go of all threads, and waits for them.
class Engine {
    // Before the threads, which may be in these until they end.
    std::list<Hold> holds_;
    std::list<Errand> errands_;

public:
    explicit Engine(unsigned threads, std::chrono::seconds storage_timeout = endless, HandlerSettings settings = {},
                    Workers::Prepare prepare = [](Worker&) {})
        : storage(storage_timeout), workers(threads, loop, storage, std::move(settings), std::move(prepare)) {}
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;
    ~Engine() { end(); }

    /// Ends the threads. Returns whether they have ended.
    bool end() {
        for (Hold& hold : holds_) hold.open();
        storage.stop();
        loop.end();
        const bool has_ended = workers.wait(max_wait);
        BOOST_TEST(has_ended);
        return has_ended;
    }

    Hold& add_hold() { return holds_.emplace_back(); }
    Errand& send(Errand::Function function) { return errands_.emplace_back(loop, std::move(function)); }

    /// Has a thread enter a device, and held in it.
    Hold& hold_in(dev_t device) {
        Hold& hold = add_hold();
        send([&hold, device](Worker& worker) {
            worker.enter(device);
            hold.pass();
            worker.leave();
        });
        BOOST_TEST_REQUIRE(hold.holds(1));
        return hold;
    }

    EventLoop loop;
    Storage storage;
    Workers workers;
};

/// Returns whether a thread of this process exists.
inline bool is_alive(pid_t thread) { return std::filesystem::exists("/proc/self/task/" + std::to_string(thread)); }

}  // namespace reelgate::engine
