// Owns the threads that serve events, and each one's Handler, made from the settings that are in force.
// Does not know what they serve.
// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "engine/event_loop.h"
#include "engine/worker.h"
#include "handler.h"

namespace reelgate::engine {

class Workers {
public:
    /// Makes `count` of them, with all that they need, since memory may be short later. Their Handlers are made from
    /// `handler`.
    Workers(unsigned count, HandlerSettings handler);
    Workers(const Workers&) = delete;
    Workers& operator=(const Workers&) = delete;

    /// Gives them all; what they lack is to be set before start().
    std::vector<std::unique_ptr<Worker>>& all() { return workers_; }

    /// Starts the threads, which serve `loop` until it ends.
    void start(EventLoop& loop);

    /// Waits for the threads, once the loop has ended.
    void join();

    /// Has Handlers made anew from `handler` by each thread when it next needs one.
    void change_handler(HandlerSettings handler);

    /// Answers a request about a video with the Handler of `worker`, as Worker::answer.
    std::optional<Answer> answer(const http::Request& request, Worker& worker, bool is_last_try);

    /// Adds what all of them have counted.
    void add_to(Counts& sum) const;

private:
    bool are_others_slow(const Worker& worker) const;
    Handler& handler_of(Worker& worker);

    std::vector<std::unique_ptr<Worker>> workers_;
    std::vector<std::thread> threads_;
    std::atomic<unsigned> asking_{0};  ///< threads that ask the catalogue
    std::mutex handler_mutex_;
    HandlerSettings handler_;               // under handler_mutex_
    std::atomic<std::uint64_t> version_{1};  ///< of handler_: a thread that has another makes its Handler anew
};

}  // namespace reelgate::engine
