// Owns the life of the server: its parts, its signals, and reload.
// SPDX-License-Identifier: MIT
#include "engine/server.h"

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <thread>
#include <utility>

#include "engine/acceptor.h"
#include "engine/connections.h"
#include "engine/deadline.h"
#include "engine/event_loop.h"
#include "engine/status_report.h"
#include "engine/storage.h"
#include "engine/viewers.h"
#include "engine/workers.h"
#include "http/target.h"
#include "log.h"
#include "log_line.h"

namespace reelgate::engine {

namespace {

/// How long a thread may take to end once it has nothing left to do: a look-up in the catalogue is over by then. A
/// thread that storage holds takes longer.
constexpr std::chrono::milliseconds leave_time = catalog::max_look_up + std::chrono::seconds{1};

rlim_t raise_max_descriptors() {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    // The soft limit is for programs that use select; we want all that we may have.
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur;
}

class Server {
public:
    Server(int listening_socket, const HandlerSettings& handler, const EngineSettings& settings);
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;
    ~Server();

    void start();
    bool has_lost_socket() const { return acceptor_.has_lost_socket(); }
    void stop_accepting();

    /// Waits until all answers and all threads have ended, for little longer than the grace period. Returns whether
    /// they have, and what was left is closed.
    bool wait();

    void change_settings(Reloaded reloaded);

private:
    bool end_threads();
    std::optional<http::Response> monitor(const http::Request& request);
    Status status() const;

    const EngineSettings settings_;  // as at the start; the next two can change
    std::chrono::seconds grace_;     // only for the thread that takes signals
    std::atomic<std::size_t> max_viewers_;
    const std::size_t max_connections_ = raise_max_descriptors();
    const std::chrono::system_clock::time_point start_time_ = std::chrono::system_clock::now();
    Tally tally_;  // of the thread that takes signals
    EventLoop loop_;
    Viewers viewers_;
    Connections connections_;
    Acceptor acceptor_;
    Storage storage_;
    Workers workers_;
};

Server::Server(int listening_socket, const HandlerSettings& handler, const EngineSettings& settings)
    : settings_(settings), grace_(settings.grace), max_viewers_(settings.max_viewers),
      connections_(loop_, max_connections_, settings.stall_timeout),
      acceptor_(loop_, listening_socket,
                [this](posix::UniqueFd connection) -> EventSource& {
                    return connections_.add(std::move(connection), acceptor_.transport());
                }),
      storage_(settings.storage_timeout), workers_(settings.threads, loop_, storage_, handler, [this](Worker& worker) {
          worker.admit = [this] { return viewers_.admit(max_viewers_); };
          worker.monitor = [this](const http::Request& request) { return monitor(request); };
      }) {}

Server::~Server() {
    storage_.stop();
    loop_.end();
    workers_.wait(leave_time);
}

void Server::start() {
    acceptor_.start();
    workers_.start();
}

/// Lets all threads end, and shuts down and closes the connections that are left. Returns whether all of that is done:
/// storage may hold threads, and closing films may block.
bool Server::end_threads() {
    storage_.stop();
    loop_.end();
    connections_.cut_off();
    if (!workers_.wait(leave_time)) return false;
    std::shared_ptr<void> connections = connections_.take_left(), films = storage_.take_films();
    if (!connections && !films) return true;
    return run_within(leave_time, [connections = std::move(connections), films = std::move(films)] {}) ==
           CallEnd::returned;
}

bool Server::wait() {
    connections_.wait_until_empty(grace_);
    return end_threads();
}

void Server::stop_accepting() {
    acceptor_.stop();
    connections_.stop();
}

void Server::change_settings(Reloaded reloaded) {
    grace_ = reloaded.engine.grace;
    max_viewers_ = reloaded.engine.max_viewers;
    connections_.set_stall_timeout(reloaded.engine.stall_timeout);
    storage_.set_timeout(reloaded.engine.storage_timeout);
    workers_.change_handler(std::move(reloaded.handler));
    tally_.add(Counter::reloads);
}

/// Answers requests for status and ping. They use no catalogue, and --max-viewers does not apply to them.
std::optional<http::Response> Server::monitor(const http::Request& request) {
    const std::string_view path = http::raw_path(request.target);
    // With a link in front it would get around what the web server says of these paths.
    if (path.empty() || !request.link_front.empty()) return std::nullopt;
    if (path == settings_.ping_path) return answer_ping(request);
    if (path == settings_.status_path) return answer_status(request, status());
    return std::nullopt;
}

Status Server::status() const {
    Status status{.start_time = start_time_, .now = std::chrono::system_clock::now()};
    workers_.add_to(status.counts);
    tally_.add_to(status.counts);
    status.threads = settings_.threads;
    status.viewers = viewers_.now();
    status.max_viewers = viewers_.max();
    status.max_descriptors = max_connections_;
    status.open_connections = connections_.count();
    status.hung = storage_.hung();
    return status;
}

/// Returns the signals that the server handles. Every thread blocks them; one waits for them.
sigset_t awaited_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int number : {SIGTERM, SIGINT, SIGUSR1, SIGHUP}) sigaddset(&signals, number);
    return signals;
}

/// Logs a message, and returns its text.
template <typename... Values>
LogLine logged(std::type_identity_t<messages::Named<sizeof...(Values)>> name, const Values&... values) noexcept {
    log(name, values...);
    LogLine line;
    for (const std::string_view text : messages::texts_of(name.message(), messages::views_of(values...)))
        line.append(text);
    return line;
}

/// Applies the new settings. Returns the outcome as one line.
LogLine take_over(Server& server, const Hooks& hooks) noexcept {
    try {
        server.change_settings(hooks.reload());
        return logged("reloaded");
    } catch (const std::exception& failure) {
        return logged("reload-failed", failure.what());
    }
}

/// Reloads the settings. The server goes on even if that fails.
void reload(Server& server, const Hooks& hooks) noexcept {
    // A failure that goes on under the new settings is then logged at once.
    tell_repeated_lines();
    hooks.ready(take_over(server, hooks).text());
}

}  // namespace

unsigned default_threads() { return std::max(4U, 2 * std::thread::hardware_concurrency()); }

void hold_signals() {
    const sigset_t signals = awaited_signals();
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

bool is_stop_signalled() {
    sigset_t pending;
    if (sigpending(&pending) != 0) return false;
    return sigismember(&pending, SIGTERM) == 1 || sigismember(&pending, SIGINT) == 1 ||
           sigismember(&pending, SIGUSR1) == 1;
}

End serve(int listening_socket, const HandlerSettings& handler, const EngineSettings& settings, const Hooks& hooks) {
    hold_signals();
    gateway::initialise_fastcgi();
    // After libfcgi, which installs handlers of its own for these signals: none of them ever runs.
    signal(SIGPIPE, SIG_IGN);
    const sigset_t signals = awaited_signals();

    Server server{listening_socket, handler, settings};
    server.start();
    log("ready", messages::Number{settings.threads});
    hooks.ready(std::to_string(settings.threads) + " threads serve");
    int received = 0;
    while (sigwait(&signals, &received) == 0 && received == SIGHUP) reload(server, hooks);
    server.stop_accepting();
    const bool has_lost_socket = server.has_lost_socket();
    if (has_lost_socket)
        log("socket-lost");
    else
        log("stopping", sigabbrev_np(received));
    hooks.stop_listening();
    if (!server.wait() || is_call_left()) {
        log("stop-left");
        // Without destructors: those threads may still return to what they use, and closing a film may block. All
        // sockets are shut down already.
        std::_Exit(has_lost_socket ? EXIT_FAILURE : EXIT_SUCCESS);
    }
    return has_lost_socket ? End::socket_lost : End::signalled;
}

}  // namespace reelgate::engine
