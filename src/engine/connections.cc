// Owns all connections: lets each proceed on its events, closes them, and waits until none is left.
// SPDX-License-Identifier: MIT
#include "engine/connections.h"

#include <sys/epoll.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "log.h"
#include "posix/error.h"

namespace reelgate::engine {

namespace {

/// How long a connection without any input may wait for its first request once the server stops: that may be on its
/// way. No longer, since some peers never send one.
constexpr std::chrono::milliseconds newcomer_time{1000};

/// Delay before a request that found the catalogue busy asks it again.
constexpr std::chrono::milliseconds ask_again_time{10};

/// Returns the epoll events that a connection waits for.
std::uint32_t events_of(Wait wait) {
    switch (wait) {
        case Wait::readable: return EPOLLIN;
        case Wait::writable: return EPOLLOUT | EPOLLIN;
        case Wait::writable_only: return EPOLLOUT;
        case Wait::a_moment:
        case Wait::storage:
        case Wait::lost:
        case Wait::nothing: break;
    }
    return 0;
}

Waiting::For what_for(const Connection& connection) {
    return connection.phase() == Connection::Phase::asking ? Waiting::For::opening : Waiting::For::sending;
}

}  // namespace

Connections::Connections(EventLoop& loop, std::size_t max_connections, std::chrono::seconds stall_timeout)
    : loop_(loop), max_connections_(max_connections), ask_timer_(loop, [this] { ask_again(); }),
      stall_watch_(loop, stall_timeout, [this] { cut_off_late(); }) {}

Connections::~Connections() { cut_off(); }

void Connections::cut_off() noexcept {
    const std::lock_guard lock{mutex_};
    if (std::exchange(is_cut_off_, true) || all_.empty()) return;
    char text[96];
    std::snprintf(text, sizeof text, "stop: %zu connections: not done within the grace period: cut off", all_.size());
    for (Served& served : all_) served.connection.view().cut_off();
    log(LogLevel::warning, text);
}

void Connections::begin(posix::UniqueFd fd, Transport transport, Worker& worker) {
    List one;
    one.emplace_back(*this, std::move(fd), transport, max_connections_);
    Served& served = one.front();
    served.place = one.begin();
    {
        const std::lock_guard lock{mutex_};
        all_.splice(all_.end(), one);
    }
    // Its first request has usually arrived already.
    run(served, EPOLLIN, worker);
}

std::size_t Connections::count() const {
    const std::lock_guard lock{mutex_};
    return all_.size();
}

void Connections::stop() noexcept {
    is_stopping_ = true;
    const std::lock_guard lock{mutex_};
    // A connection that a thread is reading right now still answers what it has received.
    for (Served& served : all_)
        if (served.connection.view().situation() == Situation::idle) served.connection.view().stop_reading();
}

void Connections::wait_until_empty(std::chrono::milliseconds grace) {
    const auto is_empty = [this] { return all_.empty(); };
    const auto newcomers = std::min(grace, newcomer_time);
    std::unique_lock lock{mutex_};
    if (empty_.wait_for(lock, newcomers, is_empty)) return;
    for (Served& served : all_)
        if (served.connection.view().situation() == Situation::fresh) served.connection.view().stop_reading();
    empty_.wait_for(lock, grace - newcomers, is_empty);
}

void Connections::run(Served& served, std::uint32_t events, Worker& worker) noexcept {
    try {
        worker.serving = &served;
        const Wait wait = served.connection.proceed(worker, (events & EPOLLIN) != 0);
        if (wait == Wait::lost || (wait != Wait::nothing && let_wait(served, wait))) return;
    } catch (const std::exception& failure) {
        served.connection.give_up(worker);
        log(LogLevel::error, {"serve connection: ", failure.what(), ": closed"});
    }
    close(served);
}

/// Lets a connection wait without a thread. Returns false if it must be closed instead.
bool Connections::let_wait(Served& served, Wait wait) {
    const Situation situation = served.connection.situation();
    served.connection.view().hand_over(situation);
    // Checked after the hand-over: either stop() sees the idle connection, or this sees that stop() was called.
    if (is_stopping_ && situation == Situation::idle) return false;
    if (wait == Wait::a_moment)
        let_ask_again(served);
    else if (wait == Wait::storage)
        served.connection.awaited().wait(served, what_for(served.connection));
    else
        arm(served, situation, events_of(wait));
    return true;
}

/// Hands a connection over to the thread that gets its next event. The caller must not touch it after that.
void Connections::arm(Served& served, Situation situation, std::uint32_t events) {
    const int fd = served.connection.fd();
    const bool was_watched = std::exchange(served.is_watched, true);
    served.connection.view().hand_over(situation);
    // After the hand-over, so that the look finds the connection waiting.
    stall_watch_.watch(situation);
    if (was_watched) {
        if (!loop_.rearm(fd, events, served)) posix::throw_errno("watch", "descriptor " + std::to_string(fd));
        return;
    }
    try {
        loop_.add(fd, events, served);
    } catch (...) {
        served.is_watched = false;  // so that the next try adds it
        throw;
    }
}

/// Queues a connection to ask the catalogue again after a moment. If this throws, the connection is not queued.
void Connections::let_ask_again(Served& served) {
    const std::lock_guard lock{mutex_};
    waiting_.push_back(&served);
    if (waiting_.size() > 1 || ask_timer_.start(ask_again_time)) return;
    waiting_.pop_back();
    posix::throw_errno("start", "timer");
}

/// Hands all connections that wait for the catalogue to the threads that serve events.
void Connections::ask_again() noexcept {
    std::vector<Served*> waiting;
    {
        const std::lock_guard lock{mutex_};
        waiting.swap(waiting_);
    }
    for (Served* served : waiting) hand_on(*served);
}

/// Hands a connection that waited for catalogue or storage to the threads that serve events.
void Connections::hand_on(Served& served) noexcept {
    try {
        arm(served, Situation::parked, EPOLLOUT);
    } catch (const std::exception&) {
        hand_on_later(served);
    }
}

/// Never closes the connection: closing its film may block, and the watch over storage calls this.
void Connections::hand_on_later(Served& served) noexcept {
    try {
        let_ask_again(served);
    } catch (const std::exception&) {
        // Without memory for that it stays as it is, without a peer, until the server stops.
        served.connection.view().cut_off();
    }
}

/// Cuts off the connections whose peers are late.
void Connections::cut_off_late() noexcept {
    const std::lock_guard lock{mutex_};
    stall_watch_.begin_look();
    for (Served& served : all_)
        if (stall_watch_.is_late(served.connection.view())) served.connection.view().cut_off();
}

void Connections::close(Served& served) noexcept {
    List closed;  // destroyed after the lock is released
    const std::lock_guard lock{mutex_};
    closed.splice(closed.end(), all_, served.place);
    if (all_.empty()) empty_.notify_all();
}

}  // namespace reelgate::engine
