// Owns all connections: lets each proceed on its events, closes them, and waits until none is left.
// Does not accept, and does not answer.
// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <list>
#include <memory>
#include <mutex>

#include "engine/connection.h"
#include "engine/event_loop.h"
#include "engine/stall_watch.h"

namespace reelgate::engine {

class Connections {
public:
    /// Reports `max_connections` to FCGI_GET_VALUES. Cuts off peers that do nothing for `stall_timeout`; zero: never.
    /// Throws posix::FailureError.
    Connections(EventLoop& loop, std::size_t max_connections, std::chrono::seconds stall_timeout);
    Connections(const Connections&) = delete;
    Connections& operator=(const Connections&) = delete;

    /// Closes the connections that are left, and logs how many. No thread may have one.
    ~Connections();

    /// Adds a non-blocking socket as a connection, which its first event lets proceed.
    EventSource& add(posix::UniqueFd fd, Transport transport);

    std::size_t count() const;

    void set_stall_timeout(std::chrono::seconds timeout) noexcept { stall_watch_.set_timeout(timeout); }

    /// Closes idle connections, now and from now on.
    void stop() noexcept;

    /// Waits until no connection is left, for `grace` at most. Call stop() before.
    void wait_until_empty(std::chrono::milliseconds grace);

    /// Shuts down the connections that are left, and logs how many. Threads that never return may still have them.
    void cut_off() noexcept;

    /// Returns the connections that are left, for whom they are to be closed; null if there are none. No thread may
    /// have one. Closing films may block.
    std::shared_ptr<void> take_left();

private:
    struct Served;
    using List = std::list<Served>;

    /// A connection, as the source of its events.
    struct Served final : EventSource, Waiting {
        Served(Connections& all, posix::UniqueFd fd, Transport transport, std::size_t max_connections)
            : owner(all), connection(std::move(fd), transport, max_connections) {}

        void handle(std::uint32_t events, Worker& worker) override { owner.run(*this, events, worker); }
        void go_on(Worker& worker) noexcept override { owner.run(*this, 0, worker); }
        void turn_away() noexcept override {
            connection.turn_away();
            owner.hand_on(*this);
        }
        const void* film() const noexcept override { return connection.film(); }
        bool has_news(bool is_hung) const noexcept override { return connection.view().has_news(is_hung); }

        Connections& owner;
        Connection connection;
        List::iterator place;
        Served* next_waiting = nullptr;  ///< behind it in waiting_
        bool has_waited = false;         ///< in waiting_, since a thread had it last
        bool is_watched = false;         ///< its descriptor is in the epoll set
    };

    /// Connections that are to ask the catalogue again, in the order in which they came. None is armed. Allocates
    /// nothing.
    class AskQueue {
    public:
        bool is_empty() const { return first_ == nullptr; }
        std::size_t count() const { return count_; }
        void append(Served& served) noexcept;

        /// Returns the first `count`, as a list of its own; null: there is none.
        Served* take(std::size_t count) noexcept;

    private:
        Served *first_ = nullptr, *last_ = nullptr;
        std::size_t count_ = 0;
    };

    void run(Served& served, std::uint32_t events, Worker& worker) noexcept;
    bool let_wait(Served& served, Wait wait);
    void let_wait_for_storage(Served& served);
    void arm(Served& served, Situation situation, std::uint32_t events);
    void let_ask_again(Served& served) noexcept;
    void ask_again() noexcept;
    void let_more_ask() noexcept;
    void hand_on_all(Served* first) noexcept;
    void hand_on(Served& served) noexcept;
    void cut_off_late() noexcept;
    void close(Served& served) noexcept;

    EventLoop& loop_;
    const std::size_t max_connections_;
    std::atomic<bool> is_stopping_{false};

    mutable std::mutex mutex_;
    std::condition_variable empty_;
    List all_;                      // under mutex_
    bool is_cut_off_ = false;       // under mutex_
    AskQueue waiting_;               // under mutex_
    bool is_ask_timer_set_ = false;  // under mutex_
    Timer ask_timer_;
    StallWatch stall_watch_;
};

}  // namespace reelgate::engine
