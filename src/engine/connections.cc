// Owns all connections: lets each proceed on its events, closes them, and waits until none is left.
// SPDX-License-Identifier: MIT
#include "engine/connections.h"

#include <sys/epoll.h>

#include <algorithm>
#include <utility>

#include "log.h"
#include "posix/failure.h"

namespace reelgate::engine {

namespace {

/// How long a connection without any input may wait for its first request once the server stops: that may be on its
/// way. No longer, since some peers never send one.
constexpr std::chrono::milliseconds newcomer_time{1000};

/// Interval at which some of the requests that found the catalogue busy ask it again: a few, as long as few wait, and
/// each a few times in the time that it has. All of hundreds would take a processor to find it busy again.
constexpr std::chrono::milliseconds ask_again_time{10};
constexpr std::size_t min_asking = 4;
constexpr std::size_t max_rounds = 32;

/// Requests that ask once one need not wait any more: all who wait are on their way soon after it is free.
constexpr std::size_t followers = 2;

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
    for (Served& served : all_) served.connection.view().cut_off();
    log("stop-cut-off", messages::Number{all_.size()});
}

std::shared_ptr<void> Connections::take_left() {
    auto left = std::make_shared<List>();
    const std::lock_guard lock{mutex_};
    if (all_.empty()) return nullptr;
    left->swap(all_);
    return left;
}

EventSource& Connections::add(posix::UniqueFd fd, Transport transport) {
    List one;
    one.emplace_back(*this, std::move(fd), transport, max_connections_);
    Served& served = one.front();
    served.place = one.begin();
    const std::lock_guard lock{mutex_};
    all_.splice(all_.end(), one);
    return served;
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
        if (wait == Wait::lost) return worker.close_films();
        // Not before: proceed() takes the connection, and with it what other threads have done to it.
        if (std::exchange(served.has_waited, false) && wait != Wait::a_moment) let_more_ask();
        if (wait != Wait::nothing && let_wait(served, wait)) return worker.close_films();
    } catch (const std::exception& failure) {
        served.connection.give_up(worker);
        log("connection-failed", failure.what());
    }
    close(served);
    worker.close_films();
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
        let_wait_for_storage(served);
    else
        arm(served, situation, events_of(wait));
    return true;
}

/// Queues a connection for the storage that it needs. A request is turned away if there is no thread for that storage.
void Connections::let_wait_for_storage(Served& served) {
    const Waiting::For what = what_for(served.connection);
    try {
        served.connection.awaited().wait(served, what);
    } catch (const std::exception& failure) {
        if (what == Waiting::For::sending) throw;
        log("connection-refused", failure.what());
        served.turn_away();
    }
}

/// Hands a connection over to the thread that gets its next event. The caller must not touch it after that. If this
/// throws, no other thread gets it.
void Connections::arm(Served& served, Situation situation, std::uint32_t events) {
    const int fd = served.connection.fd();
    const bool was_watched = std::exchange(served.is_watched, true);
    served.connection.view().hand_over(situation);
    // After the hand-over, so that the look finds the connection waiting.
    stall_watch_.watch(situation);
    if (was_watched) {
        if (!loop_.rearm(fd, events, served)) posix::throw_errno("watch-descriptor", messages::Number{fd});
        return;
    }
    try {
        loop_.add(fd, events, served);
    } catch (...) {
        served.is_watched = false;
        throw;
    }
}

void Connections::AskQueue::append(Served& served) noexcept {
    served.next_waiting = nullptr;
    (first_ ? last_->next_waiting : first_) = &served;
    last_ = &served;
    ++count_;
}

Connections::Served* Connections::AskQueue::take(std::size_t count) noexcept {
    if (count == 0 || !first_) return nullptr;
    Served* const taken = first_;
    Served* last = first_;
    for (--count_; --count > 0 && last->next_waiting; --count_) last = last->next_waiting;
    first_ = std::exchange(last->next_waiting, nullptr);
    return taken;
}

/// Queues a connection to ask the catalogue again after a moment.
void Connections::let_ask_again(Served& served) noexcept {
    const std::lock_guard lock{mutex_};
    served.has_waited = true;
    waiting_.append(served);
    if (!is_ask_timer_set_) is_ask_timer_set_ = ask_timer_.start(ask_again_time);
}

/// Lets some of those that wait for the catalogue ask again; the others do so at the next times.
void Connections::ask_again() noexcept {
    Served* asking = nullptr;
    {
        const std::lock_guard lock{mutex_};
        asking = waiting_.take(std::max(min_asking, waiting_.count() / max_rounds));
        is_ask_timer_set_ = !waiting_.is_empty() && ask_timer_.start(ask_again_time);
    }
    hand_on_all(asking);
}

/// Lets more of them ask at once, since one has gone on.
void Connections::let_more_ask() noexcept {
    Served* asking = nullptr;
    {
        const std::lock_guard lock{mutex_};
        asking = waiting_.take(followers);
    }
    hand_on_all(asking);
}

/// Hands connections that wait for the catalogue to the threads that serve events.
void Connections::hand_on_all(Served* first) noexcept {
    // Once it is handed on, another thread may queue it again.
    while (first) hand_on(*std::exchange(first, first->next_waiting));
}

/// Hands a connection that waited for catalogue or storage to the threads that serve events. From now on its peer is
/// waited for: an earlier answer may still fill the socket. Tries again after a moment if the system has no memory for
/// that. Never closes the connection: closing its film may block, and the watch over storage calls this.
void Connections::hand_on(Served& served) noexcept {
    try {
        served.connection.view().note_progress();
        // Reads first, if the peer has said something meanwhile.
        const bool is_heard = what_for(served.connection) == Waiting::For::sending;
        arm(served, Situation::waiting, is_heard ? EPOLLOUT | EPOLLIN : EPOLLOUT);
    } catch (const std::exception&) {
        let_ask_again(served);
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
