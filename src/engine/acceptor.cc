// Owns accepting: watches the listening socket, pauses when no descriptor is left, and ends when the socket no longer
// listens.
// SPDX-License-Identifier: MIT
#include "engine/acceptor.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <utility>

#include "engine/worker.h"
#include "log.h"
#include "posix/failure.h"

namespace reelgate::engine {

namespace {

/// How long accepting pauses after an error that would recur at once, such as running out of descriptors.
constexpr std::chrono::milliseconds accept_pause{100};

constexpr std::uint32_t awaited_events = EPOLLIN | EPOLLRDHUP;

/// Events of a listening socket that was shut down. accept4 then fails with EINVAL over TCP, EAGAIN on a Unix socket.
constexpr std::uint32_t shut_down_events = EPOLLHUP | EPOLLRDHUP;

Transport transport_of(int listening_socket) {
    int domain = 0;
    socklen_t length = sizeof domain;
    if (getsockopt(listening_socket, SOL_SOCKET, SO_DOMAIN, &domain, &length) != 0)
        posix::throw_errno("look-at-listening");
    return domain == AF_UNIX ? Transport::unix_socket : Transport::internet;
}

/// What follows accept4.
enum class AfterAccept {
    next,   ///< wait for the next connection
    pause,  ///< wait a moment: the socket stays readable, and epoll would report it at once
    end,    ///< the socket no longer listens
};

/// Decides what follows accept4. `error` is its errno(3), 0 for a connection; `events` are those that epoll reported.
/// Linux also passes on errors of the new connection, such as ECONNABORTED (accept(2)).
AfterAccept after_accept(int error, std::uint32_t events) {
    switch (error) {
        case EAGAIN: return (events & shut_down_events) != 0 ? AfterAccept::end : AfterAccept::next;
        case 0: case EINTR: case ECONNABORTED: case EPERM: case EPROTO: case ENETDOWN: case ENETUNREACH:
        case EHOSTDOWN: case EHOSTUNREACH: case ENOPROTOOPT: case ENONET:
            return AfterAccept::next;
        // Shut down by a process that shares it. EBADF and ENOTSOCK would be our bugs, and would repeat for ever.
        case EINVAL: case EBADF: case ENOTSOCK: return AfterAccept::end;
        default: return AfterAccept::pause;
    }
}

}  // namespace

Acceptor::Acceptor(EventLoop& loop, int listening_socket, Add add)
    : loop_(loop), listening_socket_(listening_socket), transport_(transport_of(listening_socket)),
      peers_(std::getenv("FCGI_WEB_SERVER_ADDRS")), add_(std::move(add)), pause_(loop, [this] { resume(); }) {
    // Another thread or process may take the connection first: accept4 must not block then.
    if (fcntl(listening_socket_, F_SETFL, fcntl(listening_socket_, F_GETFL) | O_NONBLOCK) != 0)
        posix::throw_errno("prepare-listening");
    // Over TCP the end of an answer must not wait for an acknowledgement of its beginning. Accepted sockets inherit the
    // option. On a Unix socket the call fails, which is harmless.
    const int on = 1;
    setsockopt(listening_socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

void Acceptor::start() { loop_.add(listening_socket_, awaited_events, *this); }

void Acceptor::stop() noexcept {
    const std::lock_guard lock{mutex_};
    if (state_ != State::lost) state_ = State::stopped;
    loop_.remove(listening_socket_);
}

void Acceptor::handle(std::uint32_t events, Worker& worker) {
    EventSource* const connection = accept(events, worker);
    if (!connection) return;
    worker.tally.add(Counter::connections);
    // Its first request has usually arrived already.
    connection->handle(EPOLLIN, worker);
}

/// Returns null when another thread was faster, no descriptor was left, or the peer is not admitted. Rearms the
/// socket, or starts the pause, before it logs anything.
EventSource* Acceptor::accept(std::uint32_t events, Worker& worker) {
    const std::lock_guard lock{mutex_};
    if (is_over()) return nullptr;
    posix::UniqueFd connection{accept4(listening_socket_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
    const int error = connection ? 0 : errno;
    switch (after_accept(error, events)) {
        case AfterAccept::next: watch(); break;
        case AfterAccept::pause: pause(error, worker); return nullptr;
        case AfterAccept::end:
            state_ = State::lost;
            // Wakes the thread that waits for signals: it logs the loss.
            kill(getpid(), SIGTERM);
            return nullptr;
    }
    if (!connection) return nullptr;
    state_ = State::accepting;
    if (is_admitted(connection)) return &add_(std::move(connection));
    log("peer-not-admitted");
    return nullptr;
}

void Acceptor::pause(int error, Worker& worker) noexcept {
    pause_.start(accept_pause);
    worker.tally.add(Counter::accept_pauses);
    if (state_.exchange(State::failing) == State::failing) return;
    if (error == EMFILE || error == ENFILE)
        log("accept-pauses-full", posix::static_cause(error));
    else
        log("accept-pauses", posix::static_cause(error));
}

/// Arms the socket for the next connection. If that fails, tries again after a pause.
void Acceptor::watch() noexcept {
    if (!loop_.rearm(listening_socket_, awaited_events, *this)) pause_.start(accept_pause);
}

void Acceptor::resume() noexcept {
    const std::lock_guard lock{mutex_};
    if (!is_over()) watch();
}

bool Acceptor::is_admitted(const posix::UniqueFd& connection) const {
    if (peers_.is_everybody()) return true;
    sockaddr_storage peer{};
    socklen_t length = sizeof peer;
    return getpeername(connection.get(), reinterpret_cast<sockaddr*>(&peer), &length) == 0 && peers_.admits(peer);
}

}  // namespace reelgate::engine
