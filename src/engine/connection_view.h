// Owns what threads may know of a connection that another thread has, and do to it.
// Does not own the socket.
// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <chrono>

namespace reelgate::engine {

using Clock = std::chrono::steady_clock;

/// What a connection is at, for other threads. The thread that has the connection changes it; any thread may ask.
enum class Situation {
    busy,       ///< a thread has it
    fresh,      ///< nothing has come yet: its first request may be on its way
    idle,       ///< no request, nor part of one, has come since the last was answered: nothing is lost by closing it
    parked,     ///< it waits for something of ours, not for its peer
    waiting,    ///< its peer must say the rest of a request, or take some of an answer
    lingering,  ///< all is written: its peer must take that, and end the connection
};

class ConnectionView {
public:
    /// `fd` is the connection's socket, which must stay open while this lives.
    explicit ConnectionView(int fd) : fd_(fd) {}

    /// The first thing that a thread does with a connection: it sees all that was done before. Returns what the
    /// connection was at.
    Situation take() { return situation_.exchange(Situation::busy, std::memory_order_acquire); }

    /// The last thing that a thread does with a connection before it arms it for others.
    void hand_over(Situation situation) { situation_.store(situation); }

    Situation situation() const { return situation_; }

    /// Notes that the peer has done its part: it has begun a request, or taken some of an answer. What it says while it
    /// takes nothing does not count.
    void note_progress() { progress_ = Clock::now().time_since_epoch().count(); }

    /// Returns when the peer last did its part. Zero where nothing is expected of it. Any thread may ask.
    Clock::duration waiting_since() const;

    /// Notes progress if the peer has taken something since this was last asked; any thread may. A socket is writable
    /// again only when much of it is free: a slow viewer takes bytes long before that.
    void look_at_peer();

    /// Tells whether the peer had taken everything when look_at_peer() last looked, and only has to end the connection.
    bool awaits_end() const { return situation_ == Situation::lingering && untaken_ == 0; }

    /// Cuts the connection off, since its peer has done nothing for too long; any thread may. The thread that then gets
    /// its event closes it.
    void cut_off();
    bool is_cut_off() const { return is_cut_off_; }

    /// Tells whether the peer has closed the connection, or it was cut off; any thread may ask. Does not wait.
    bool has_gone() const;

    /// Has the connection closed as soon as what has come is answered; any thread may.
    void stop_reading();

private:
    const int fd_;
    std::atomic<Situation> situation_{Situation::fresh};
    std::atomic<bool> is_cut_off_{false};
    std::atomic<int> untaken_{0};  ///< bytes in the socket when look_at_peer() last looked
    std::atomic<Clock::rep> progress_{0};
};

}  // namespace reelgate::engine
