// Owns the threads: the configured number that serve events, and those of devices; and the Handler of each, made from
// the current settings.
// Does not know what they serve.
// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <variant>

#include "answer_log.h"
#include "engine/event_loop.h"
#include "engine/storage.h"
#include "engine/worker.h"
#include "handler.h"

namespace reelgate::engine {

class Workers {
public:
    /// Completes a worker before its thread begins.
    using Prepare = std::function<void(Worker&)>;

    /// Takes what start() needs: `count` threads serve events of `loop`, with Handlers made from `handler`.
    Workers(unsigned count, EventLoop& loop, Storage& storage, HandlerSettings handler, Prepare prepare);
    Workers(const Workers&) = delete;
    Workers& operator=(const Workers&) = delete;

    /// Starts the threads that serve events, and the watch over storage. Throws std::system_error.
    void start();

    /// Waits until all threads have ended, for `time` at most. Returns whether they have. End the loop before.
    bool wait(std::chrono::milliseconds time);

    /// Makes each thread create a new Handler from `handler` when it next needs one.
    void change_handler(HandlerSettings handler);

    /// Implements Worker::answer with the Handler of `worker`.
    std::variant<Answer, Busy> answer(const http::Request& request, Clock::duration age, Worker& worker);

    /// Adds the counts of all threads to `sum`.
    void add_to(Counts& sum) const;

private:
    /// Holds a worker, for one thread after another.
    struct Slot {
        Worker worker;
        bool is_taken = false;
    };

    void each(const std::function<void(Worker&)>& look) const;
    Worker& take_slot(Lane* lane);
    void release_slot(Worker& worker) noexcept;
    void start_thread(Lane* lane);
    void run(Worker& worker) noexcept;
    void replace(unsigned held) noexcept;
    bool is_surplus() noexcept;
    bool are_others_in_catalog(const Worker& worker) const;
    Handler& handler_of(Worker& worker);

    const unsigned count_;
    EventLoop& loop_;
    Storage& storage_;
    const Prepare prepare_;
    std::atomic<unsigned> in_catalog_{0};  ///< threads that ask it
    AnswerLog answer_log_;

    mutable std::mutex mutex_;
    std::condition_variable ended_;
    mutable std::list<Slot> slots_;     // under mutex_; none is ever removed
    unsigned running_ = 0;              // under mutex_: threads of all kinds
    unsigned serving_ = 0;              // under mutex_: threads that serve events, including held ones
    std::atomic<unsigned> surplus_{0};  // of those; changed under mutex_

    std::mutex handler_mutex_;
    HandlerSettings handler_;                // under handler_mutex_
    std::atomic<gateway::Keep> keep_;        ///< what the handler needs of a request
    std::atomic<std::uint64_t> version_{1};  ///< of handler_: a thread with an older one makes a new Handler
};

}  // namespace reelgate::engine
