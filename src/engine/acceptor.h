// Owns accepting: watches the listening socket, pauses when no descriptor is left, and ends when the socket no longer
// listens.
// Owns neither the listening socket nor the accepted connections.
// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <functional>
#include <mutex>

#include "engine/event_loop.h"
#include "engine/transport.h"
#include "gateway/peers.h"
#include "posix/unique_fd.h"

namespace reelgate::engine {

class Acceptor final : public EventSource {
public:
    /// Adds an accepted connection to the others, and returns the source of its events.
    using Add = std::function<EventSource&(posix::UniqueFd connection)>;

    /// Admits the peers that FCGI_WEB_SERVER_ADDRS in the environment lists (FastCGI 1.0 §3.2). Throws
    /// posix::FailureError.
    Acceptor(EventLoop& loop, int listening_socket, Add add);

    /// Starts accepting. Throws posix::FailureError.
    void start();

    /// Stops accepting. A connection that was accepted before has been added, so that the end waits for it.
    void stop() noexcept;

    Transport transport() const { return transport_; }

    /// Returns whether another process has shut the listening socket down. Accepting has then ended, and this process
    /// has sent itself SIGTERM.
    bool has_lost_socket() const { return state_ == State::lost; }

    /// Accepts one connection, and lets it proceed once the socket is rearmed: another thread can take the next
    /// meanwhile.
    void handle(std::uint32_t events, Worker& worker) override;

private:
    enum class State {
        accepting,
        failing,  ///< accepting fails, which was logged; tried again after a pause
        lost,     ///< the socket no longer listens
        stopped,  ///< the server is stopping; the socket may be closed
    };

    EventSource* accept(std::uint32_t events, Worker& worker);
    void pause(int error, Worker& worker) noexcept;
    void watch() noexcept;
    void resume() noexcept;
    bool is_admitted(const posix::UniqueFd& connection) const;
    bool is_over() const { return state_ == State::lost || state_ == State::stopped; }

    EventLoop& loop_;
    const int listening_socket_;
    const Transport transport_;
    const gateway::Peers peers_;
    const Add add_;
    std::mutex mutex_;                           // guards the listening socket
    std::atomic<State> state_{State::accepting};  // changed under mutex_
    Timer pause_;
};

}  // namespace reelgate::engine
