// Owns accepting: the listening socket is watched, paused when there is no descriptor for more, and given up when it no
// longer listens.
// Does not own the listening socket, nor what becomes of a connection.
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
    /// Begins with a connection, in the thread of `worker`.
    using Begin = std::function<void(posix::UniqueFd connection, Worker& worker)>;

    /// FCGI_WEB_SERVER_ADDRS in the environment says who may connect (FastCGI 1.0 §3.2). Throws std::system_error.
    Acceptor(EventLoop& loop, int listening_socket, Begin begin);

    /// Begins to accept. Throws std::system_error.
    void start();

    /// Accepts nothing more.
    void stop() noexcept;

    Transport transport() const { return transport_; }

    /// Tells whether another process has shut the listening socket down. Nothing more is accepted then, and SIGTERM is
    /// raised.
    bool has_lost_socket() const { return state_ == State::lost; }

    /// Accepts one connection, and arms the socket again, so that another thread can take the next while this one is
    /// served.
    void handle(std::uint32_t events, Worker& worker) override;

private:
    enum class State {
        accepting,
        paused,   ///< no descriptor, or the like, was left; that was logged. Goes on after a moment
        lost,     ///< the socket no longer listens
        stopped,  ///< the server ends; the socket may be gone
    };

    posix::UniqueFd accept(std::uint32_t events, Worker& worker);
    void pause(int error, Worker& worker) noexcept;
    void watch() noexcept;
    void resume() noexcept;
    bool is_admitted(const posix::UniqueFd& connection) const;
    bool is_over() const { return state_ == State::lost || state_ == State::stopped; }

    EventLoop& loop_;
    const int listening_socket_;
    const Transport transport_;
    const gateway::Peers peers_;
    const Begin begin_;
    std::mutex mutex_;                           // of the listening socket
    std::atomic<State> state_{State::accepting};  // changed under mutex_
    Timer pause_;
};

}  // namespace reelgate::engine
