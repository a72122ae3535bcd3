// Owns threads and signals: connections are accepted, requests answered, and the end is orderly.
// SPDX-License-Identifier: MIT
#include "engine.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <memory>
#include <mutex>
#include <thread>

#include "gateway/fastcgi.h"
#include "log.h"
#include "posix/error.h"
#include "posix/unique_fd.h"

namespace reelgate {

namespace {

using Clock = std::chrono::steady_clock;

/// What the threads share; it lives until the last of them is gone.
struct Shared {
    int listening_socket;
    posix::UniqueFd stop;  ///< an eventfd that becomes readable, and stays so, together with `stopping`
    std::atomic<bool> stopping{false};
    std::mutex mutex;
    std::condition_variable ended;
    unsigned running = 0;  ///< threads; under `mutex`
};

/// Without descriptors a connection that waits cannot be accepted, and the listening socket stays readable: look
/// again after this many milliseconds, not at once for ever.
constexpr int accept_pause_ms = 100;

/// Waits until `fd` can be read: true. False when it cannot and the threads shall stop. An `fd` of -1 is never
/// readable: that waits for the stop, or `timeout_ms`.
bool wait_readable(const Shared& shared, int fd, int timeout_ms = -1) {
    std::array<pollfd, 2> waits{{{fd, POLLIN, 0}, {shared.stop.get(), POLLIN, 0}}};
    while (poll(waits.data(), waits.size(), timeout_ms) < 0)
        if (errno != EINTR) posix::throw_errno("wait for", "a connection");
    return waits[0].revents != 0;
}

void log_transfer(const Answer& answer, std::uint64_t planned, const gateway::Transfer& transfer, Clock::duration took) {
    if (!is_logged(LogLevel::info)) return;
    constexpr std::array<const char*, 3> endings{"complete", "aborted", "broken"};
    std::array<char, 96> text;
    std::snprintf(text.data(), text.size(), ": %llu of %llu bytes in %.3f s: %s",
                  static_cast<unsigned long long>(transfer.sent), static_cast<unsigned long long>(planned),
                  std::chrono::duration<double>(took).count(), endings[static_cast<std::size_t>(transfer.ending)]);
    log(LogLevel::info, "response " + answer.summary + text.data());
}

void serve_connection(const Shared& shared, Handler& handler, posix::UniqueFd accepted) {
    gateway::FastcgiConnection connection{std::move(accepted)};
    // The first request is on its way; later ones on a kept connection may never come.
    for (bool arrived = true; arrived; arrived = connection.fd() >= 0 && wait_readable(shared, connection.fd())) {
        const auto request = connection.read_request();
        if (!request) return;
        const auto begin = Clock::now();
        const Answer answer = handler.answer(*request);
        const gateway::Transfer transfer = connection.respond(answer.response, answer.content_fd());
        log_transfer(answer, http::content_length(answer.response), transfer, Clock::now() - begin);
        if (transfer.ending == gateway::Ending::broken)
            log(LogLevel::warning, "send " + request->target + ": the file is shorter than it was, or cannot be read; "
                                                               "the client was cut off");
    }
}

void work(const std::shared_ptr<Shared>& shared, const HandlerSettings& settings) {
    Handler handler{settings};
    while (wait_readable(*shared, shared->listening_socket) && !shared->stopping) {
        // The listening socket does not block, since another thread or process may have been faster.
        posix::UniqueFd accepted{accept4(shared->listening_socket, nullptr, nullptr, SOCK_CLOEXEC)};
        if (!accepted) {
            if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED) continue;
            log(LogLevel::error, "accept connection: " + posix::cause(errno) + ": pausing");
            wait_readable(*shared, -1, accept_pause_ms);
            continue;
        }
        // Over TCP the end of an answer must not wait for an acknowledgement of its beginning; on a Unix socket this
        // fails and does not matter.
        const int on = 1;
        setsockopt(accepted.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        serve_connection(*shared, handler, std::move(accepted));
    }
}

void run_thread(std::shared_ptr<Shared> shared, HandlerSettings settings) {
    try {
        work(shared, settings);
    } catch (const std::exception& failure) {
        log(LogLevel::error, std::string{"thread ended: "} + failure.what());
    }
    const std::lock_guard lock{shared->mutex};
    --shared->running;
    shared->ended.notify_all();
}

/// Tells the threads to stop and waits for them: true when all are gone within `grace`.
bool stop(Shared& shared, std::chrono::seconds grace) {
    shared.stopping = true;
    eventfd_write(shared.stop.get(), 1);
    std::unique_lock lock{shared.mutex};
    return shared.ended.wait_for(lock, grace, [&] { return shared.running == 0; });
}

void start_thread(const std::shared_ptr<Shared>& shared, const HandlerSettings& handler) {
    const std::lock_guard lock{shared->mutex};
    std::thread{run_thread, shared, handler}.detach();
    ++shared->running;
}

}  // namespace

unsigned default_threads() { return std::max(4U, 2 * std::thread::hardware_concurrency()); }

bool serve(int listening_socket, const HandlerSettings& handler, const EngineSettings& settings) {
    gateway::initialise_fastcgi();
    // Blocked in every thread, and taken by sigwait below: no handler runs anywhere. SIGPIPE is an error of write.
    sigset_t stop_signals;
    sigemptyset(&stop_signals);
    for (const int signal : {SIGTERM, SIGINT, SIGUSR1}) sigaddset(&stop_signals, signal);
    pthread_sigmask(SIG_BLOCK, &stop_signals, nullptr);
    signal(SIGPIPE, SIG_IGN);

    const auto shared = std::make_shared<Shared>();
    shared->listening_socket = listening_socket;
    shared->stop = posix::UniqueFd{eventfd(0, EFD_CLOEXEC)};
    if (!shared->stop) posix::throw_errno("create", "eventfd");
    if (fcntl(listening_socket, F_SETFL, fcntl(listening_socket, F_GETFL) | O_NONBLOCK) != 0)
        posix::throw_errno("prepare", "listening socket");

    try {
        for (unsigned i = 0; i < settings.threads; ++i) start_thread(shared, handler);
    } catch (const std::system_error& failure) {
        stop(*shared, settings.grace);
        posix::throw_errno("start", std::to_string(settings.threads) + " threads", failure.code().value());
    }
    log(LogLevel::notice, "serve: " + std::to_string(settings.threads) + " threads: ready");

    int received = 0;
    sigwait(&stop_signals, &received);
    log(LogLevel::notice, std::string{"stop: signal "} + std::to_string(received) + ": transfers may end");
    if (stop(*shared, settings.grace)) return true;
    log(LogLevel::warning, "stop: transfers that did not end within the grace period: cut off");
    return false;
}

}  // namespace reelgate
