// Owns what other threads may know of a connection, and do to it, while one thread has it.
// Does not own the socket.
// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <chrono>

namespace reelgate::engine {

using Clock = std::chrono::steady_clock;

/// What a connection is doing, for other threads. The thread that has the connection changes it; any thread may ask.
enum class Situation {
    busy,       ///< a thread has it
    fresh,      ///< nothing was received yet: the first request may be on its way
    idle,       ///< no part of a request was received since the last answer: closing loses nothing
    parked,     ///< waits for catalogue or storage, not for its peer
    waiting,    ///< waits for its peer to send the rest of a request, or to take some of an answer
    lingering,  ///< has sent everything, and waits for its peer to take that and to close
};

/// What a connection does about its peer while it waits for the storage of its film.
enum class Attention {
    none,   ///< what the peer says waits
    heard,  ///< it reads what the peer says
    ended,  ///< the peer has aborted, or ended its side: it closes once the storage hangs
};

class ConnectionView {
public:
    /// Views the connection's socket `fd`, which must stay open while this lives.
    explicit ConnectionView(int fd) : fd_(fd) {}

    /// Takes the connection: a thread does this first, and then sees all that earlier threads did. Returns the previous
    /// situation.
    Situation take() { return situation_.exchange(Situation::busy, std::memory_order_acquire); }

    /// Hands the connection over: a thread does this last, before it arms the connection for others.
    void hand_over(Situation situation) { situation_.store(situation); }

    Situation situation() const { return situation_; }

    /// Notes progress of the peer: it has begun a request, or taken some of an answer. A peer that only sends makes no
    /// progress.
    void note_progress() { progress_ = Clock::now().time_since_epoch().count(); }

    /// Returns when the peer last made progress; zero if nothing is expected of it. Any thread may ask.
    Clock::duration waiting_since() const;

    /// Notes progress if the peer has taken bytes since the last look; any thread may call it. A socket turns writable
    /// only when much of its buffer is free: a slow viewer takes bytes long before that.
    void look_at_peer();

    /// Returns whether the peer had taken everything at the last look_at_peer(), and only has to close the connection.
    bool awaits_end() const { return situation_ == Situation::lingering && untaken_ == 0; }

    /// Shuts the socket down, since the peer is late or the server stops; any thread may call it. The thread that gets
    /// the resulting event closes the connection.
    void cut_off();
    bool is_cut_off() const { return is_cut_off_; }

    /// Returns whether the peer has closed the connection, or it was cut off; any thread may ask. Does not block.
    bool has_gone() const;

    void set_attention(Attention attention) { attention_ = attention; }

    /// Returns whether a connection that waits for storage has something to do: its peer is gone, or has said something
    /// that it reads, or has ended while the storage hangs. Any thread may ask. Does not block.
    bool has_news(bool is_hung) const;

    /// Ends the input: the connection is closed once its requests are answered. Any thread may call it.
    void stop_reading();

private:
    const int fd_;
    std::atomic<Situation> situation_{Situation::fresh};
    std::atomic<bool> is_cut_off_{false};
    std::atomic<Attention> attention_{Attention::none};
    std::atomic<int> untaken_{0};  ///< bytes in the socket at the last look_at_peer()
    std::atomic<Clock::rep> progress_{0};
};

}  // namespace reelgate::engine
