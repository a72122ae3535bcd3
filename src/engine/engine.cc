// Owns the life of the server: its threads, signals, and the descriptors that they wait for together.
//
// One epoll set, N equal threads. Each descriptor is armed for one event at a time (EPOLLONESHOT), so whoever gets the
// event owns what belongs to the descriptor until it arms it again, and needs no lock for it. What is locked is the
// list of all connections, of which a thread touches only what Connection says any thread may.
// SPDX-License-Identifier: MIT
#include "engine/engine.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <list>
#include <memory>
#include <mutex>
#include <thread>

#include "engine/connection.h"
#include "engine/status_report.h"
#include "gateway/peers.h"
#include "http/target.h"
#include "log.h"
#include "posix/error.h"

namespace reelgate::engine {

namespace {

/// How long accepting pauses when there is no descriptor for one more connection.
constexpr std::chrono::milliseconds accept_pause{100};

/// Bytes that a thread reads at a time. A request is some KiB.
constexpr std::size_t read_length = std::size_t{64} << 10;

/// How long a connection that was accepted and has said nothing yet may begin to, once it is time to end: its request
/// is on its way. No longer, since there are peers who never speak.
constexpr std::chrono::milliseconds newcomer_time{1000};

/// How much longer than the stall timeout, in parts of it, a stalled viewer may stay.
constexpr int stall_precision = 8;

rlim_t most_descriptors() {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    // The soft limit is for programs that use select; we want all that we may have.
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur;
}

posix::UniqueFd make_timer() {
    posix::UniqueFd timer{timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)};
    if (!timer) posix::throw_errno("create", "timer");
    return timer;
}

void start_timer(const posix::UniqueFd& timer, std::chrono::nanoseconds delay) {
    itimerspec when{};
    when.it_value.tv_sec = std::chrono::floor<std::chrono::seconds>(delay).count();
    when.it_value.tv_nsec = (delay - std::chrono::floor<std::chrono::seconds>(delay)).count();
    timerfd_settime(timer.get(), 0, &when, nullptr);
}

/// Takes note that it has gone off: until then it stays readable.
void take_timer(const posix::UniqueFd& timer) {
    std::uint64_t expirations = 0;
    [[maybe_unused]] const auto ignored = read(timer.get(), &expirations, sizeof expirations);
}

class Engine {
public:
    Engine(int listening_socket, const HandlerSettings& handler, const EngineSettings& settings);
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;
    ~Engine();

    void start_threads();
    void stop_accepting();
    void wait_until_empty();
    void change_settings(Reloaded reloaded);

private:
    using Time = std::chrono::system_clock::time_point;

    enum class Arm { first, again };

    void arm(int fd, std::uint32_t events, void* what, Arm how);
    void run_thread(Worker& worker);
    void serve_events(Worker& worker);
    bool is_admitted(const posix::UniqueFd& connection) const;
    posix::UniqueFd accept_socket(Tally& tally);
    void accept_one(Worker& worker);
    void resume_accepting();
    void run(Connection& connection, Worker& worker, bool is_readable, Arm how);
    void close(Connection& connection);
    void drop_stalled();
    void watch_stalls();
    Answer answer(const http::Request& request, Tally& tally, std::unique_ptr<Handler>& handler,
                  std::uint64_t& version);
    std::optional<http::Response> monitor(const http::Request& request);
    Status status();

    int listening_socket_;
    const EngineSettings settings_;  // as it began; what can change is in the next three
    std::chrono::seconds grace_;     // only the thread that takes signals knows it
    std::atomic<std::size_t> max_viewers_;
    std::atomic<std::chrono::seconds> stall_timeout_;
    gateway::Peers peers_;
    std::size_t most_connections_;
    posix::UniqueFd epoll_, quit_, accept_timer_, stall_timer_;
    std::atomic<bool> is_stopping_{false};
    const Time start_time_ = std::chrono::system_clock::now();
    Viewers viewers_;  // answers that are going on
    Tally tally_;      // of the thread that waits for signals
    std::atomic<bool> is_stall_timer_running_{false};

    std::mutex accept_mutex_;           // of the listening socket, which is gone once is_stopping_ is set
    bool is_accepting_paused_ = false;  // under accept_mutex_: that was logged

    std::mutex handler_mutex_;
    HandlerSettings handler_;                  // under handler_mutex_
    std::atomic<std::uint64_t> version_{1};    // of handler_: a thread that sees another makes its Handler anew

    std::mutex mutex_;
    std::condition_variable empty_;
    std::list<Connection*> connections_;  // under mutex_
    std::vector<std::unique_ptr<Worker>> workers_;
    std::vector<std::thread> threads_;
};

Engine::Engine(int listening_socket, const HandlerSettings& handler, const EngineSettings& settings)
    : listening_socket_(listening_socket), settings_(settings), grace_(settings.grace),
      max_viewers_(settings.max_viewers), stall_timeout_(settings.stall_timeout),
      peers_(std::getenv("FCGI_WEB_SERVER_ADDRS")), most_connections_(most_descriptors()),
      epoll_(epoll_create1(EPOLL_CLOEXEC)), quit_(eventfd(0, EFD_CLOEXEC)), accept_timer_(make_timer()),
      stall_timer_(make_timer()), handler_(handler) {
    if (!epoll_ || !quit_) posix::throw_errno("create", "epoll set");
    // Another thread, or another process on the same socket, may be faster than we are.
    if (fcntl(listening_socket_, F_SETFL, fcntl(listening_socket_, F_GETFL) | O_NONBLOCK) != 0)
        posix::throw_errno("prepare", "listening socket");
    // Over TCP the end of an answer must not wait for an acknowledgement of its beginning. Accepted sockets inherit it;
    // on a Unix socket this fails and does not matter.
    const int on = 1;
    setsockopt(listening_socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    // The only one that is not for one event: it stays readable until every thread has seen it.
    epoll_event event{EPOLLIN, {&quit_}};
    if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, quit_.get(), &event) != 0) posix::throw_errno("watch", "end");
    arm(accept_timer_.get(), EPOLLIN, &accept_timer_, Arm::first);
    arm(stall_timer_.get(), EPOLLIN, &stall_timer_, Arm::first);
    arm(listening_socket_, EPOLLIN, &listening_socket_, Arm::first);
}

Engine::~Engine() {
    eventfd_write(quit_.get(), 1);
    for (std::thread& thread : threads_) thread.join();
    if (!connections_.empty())
        log(LogLevel::warning, "stop: " + std::to_string(connections_.size()) +
                                   " connections: not done within the grace period: cut off");
    for (Connection* connection : connections_) delete connection;
}

void Engine::arm(int fd, std::uint32_t events, void* what, Arm how) {
    epoll_event event{events | EPOLLONESHOT, {what}};
    if (epoll_ctl(epoll_.get(), how == Arm::first ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &event) != 0)
        posix::throw_errno("watch", "descriptor " + std::to_string(fd));
}

void Engine::start_threads() {
    // All that a thread needs is there before the first of them accepts: descriptors may be short afterwards.
    for (unsigned i = 0; i < settings_.threads; ++i) workers_.push_back(std::make_unique<Worker>());
    for (const auto& worker : workers_) threads_.emplace_back([this, &worker] { run_thread(*worker); });
}

void Engine::stop_accepting() {
    {
        const std::lock_guard lock{accept_mutex_};
        is_stopping_ = true;
        epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, listening_socket_, nullptr);
    }
    const std::lock_guard lock{mutex_};
    // Kept connections on which nothing is going on. Whoever is reading one right now still gets what has come.
    for (Connection* connection : connections_)
        if (connection->is_idle() && !connection->is_new()) shutdown(connection->fd(), SHUT_RD);
}

void Engine::wait_until_empty() {
    const auto is_empty = [this] { return connections_.empty(); };
    const std::chrono::milliseconds grace = grace_, newcomers = std::min(grace, newcomer_time);
    std::unique_lock lock{mutex_};
    if (empty_.wait_for(lock, newcomers, is_empty)) return;
    for (Connection* connection : connections_)
        if (connection->is_new()) shutdown(connection->fd(), SHUT_RD);
    empty_.wait_for(lock, grace - newcomers, is_empty);
}

void Engine::change_settings(Reloaded reloaded) {
    grace_ = reloaded.engine.grace;
    max_viewers_ = reloaded.engine.max_viewers;
    stall_timeout_ = reloaded.engine.stall_timeout;
    // The timer goes by the old timeout, or does not run at all.
    is_stall_timer_running_ = false;
    watch_stalls();
    const std::lock_guard lock{handler_mutex_};
    handler_ = std::move(reloaded.handler);
    ++version_;
    tally_.add(Counter::reloads);
}

/// Answers with the thread's own Handler, which is made anew when the settings have changed.
Answer Engine::answer(const http::Request& request, Tally& tally, std::unique_ptr<Handler>& handler,
                      std::uint64_t& version) {
    const std::size_t max_viewers = max_viewers_;
    if (max_viewers > 0 && viewers_.now() > max_viewers) {
        tally.add(Counter::viewers_refused);
        return {http::error_response(request.method, 503, "Too many viewers"), std::nullopt, {}};
    }
    if (version != version_) {
        const std::lock_guard lock{handler_mutex_};
        handler = std::make_unique<Handler>(handler_);
        version = version_;
    }
    return handler->answer(request);
}

/// Answers what is asked about reelgate itself; neither catalogue nor --max-viewers has a say in it.
std::optional<http::Response> Engine::monitor(const http::Request& request) {
    const std::string_view path = http::raw_path(request.target);
    if (path.empty()) return std::nullopt;
    if (path == settings_.ping_path) return answer_ping(request);
    if (path == settings_.status_path) return answer_status(request, status());
    return std::nullopt;
}

Status Engine::status() {
    Status status{.start_time = start_time_, .now = std::chrono::system_clock::now()};
    for (const auto& worker : workers_) worker->tally.add_to(status.counts);
    tally_.add_to(status.counts);
    status.threads = settings_.threads;
    status.viewers = viewers_.now();
    status.most_viewers = viewers_.most();
    // One that was refused was there for a moment as well.
    if (const std::size_t limit = max_viewers_; limit > 0) status.most_viewers = std::min(status.most_viewers, limit);
    status.most_descriptors = most_connections_;
    const std::lock_guard lock{mutex_};
    status.open_connections = connections_.size();
    return status;
}

void Engine::run_thread(Worker& worker) {
    std::unique_ptr<Handler> handler;
    std::uint64_t version = 0;
    worker.buffer.resize(read_length);
    worker.answer = [&](const http::Request& request) { return answer(request, worker.tally, handler, version); };
    worker.monitor = [this](const http::Request& request) { return monitor(request); };
    while (true) {
        try {
            return serve_events(worker);
        } catch (const std::exception& failure) {
            log(LogLevel::error, std::string{"serve: "} + failure.what());
        }
    }
}

/// Returns when it is time to end.
void Engine::serve_events(Worker& worker) {
    while (true) {
        // One event at a time: what this thread has not begun, another can.
        epoll_event event;
        if (epoll_wait(epoll_.get(), &event, 1, -1) < 1) continue;
        void* const what = event.data.ptr;
        if (what == &quit_) return;
        if (what == &listening_socket_)
            accept_one(worker);
        else if (what == &accept_timer_)
            resume_accepting();
        else if (what == &stall_timer_)
            drop_stalled();
        else
            run(*static_cast<Connection*>(what), worker, (event.events & EPOLLIN) != 0, Arm::again);
    }
}

bool Engine::is_admitted(const posix::UniqueFd& connection) const {
    if (peers_.is_everybody()) return true;
    sockaddr_storage peer{};
    socklen_t length = sizeof peer;
    return getpeername(connection.get(), reinterpret_cast<sockaddr*>(&peer), &length) == 0 && peers_.admits(peer);
}

/// Accepts a connection, and arms the listening socket again, so that another thread can take the next while this one
/// is served. Nothing when somebody else was faster, or there is no descriptor for it.
posix::UniqueFd Engine::accept_socket(Tally& tally) {
    const std::lock_guard lock{accept_mutex_};
    if (is_stopping_) return {};
    posix::UniqueFd fd{accept4(listening_socket_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
    const int error = errno;
    if (!fd && (error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM)) {
        // The socket would be readable for ever: it is armed again by the timer.
        tally.add(Counter::accept_pauses);
        if (!is_accepting_paused_)
            log(LogLevel::error, "accept connection: " + posix::cause(error) + ": accepting pauses; see ulimit -n");
        is_accepting_paused_ = true;
        arm(accept_timer_.get(), EPOLLIN, &accept_timer_, Arm::again);
        start_timer(accept_timer_, accept_pause);
        return fd;
    }
    if (fd) is_accepting_paused_ = false;
    arm(listening_socket_, EPOLLIN, &listening_socket_, Arm::again);
    if (fd && !is_admitted(fd)) {
        log(LogLevel::warning, "accept connection: not from an address in FCGI_WEB_SERVER_ADDRS: closed");
        return {};
    }
    return fd;
}

void Engine::accept_one(Worker& worker) {
    posix::UniqueFd fd = accept_socket(worker.tally);
    if (!fd) return;
    worker.tally.add(Counter::connections);
    auto connection = std::make_unique<Connection>(std::move(fd), most_connections_, viewers_);
    {
        const std::lock_guard lock{mutex_};
        connection->place = connections_.insert(connections_.end(), connection.get());
    }
    run(*connection.release(), worker, true, Arm::first);
}

void Engine::resume_accepting() {
    const std::lock_guard lock{accept_mutex_};
    take_timer(accept_timer_);
    if (!is_stopping_) arm(listening_socket_, EPOLLIN, &listening_socket_, Arm::again);
}

/// Lets a connection proceed, and arms it for what it then waits for, or closes it.
void Engine::run(Connection& connection, Worker& worker, bool is_readable, Arm how) {
    Wait wait = Wait::nothing;
    try {
        wait = connection.proceed(worker, is_readable);
        if (is_stopping_ && connection.is_idle() && !connection.is_new()) wait = Wait::nothing;
        std::uint32_t events = 0;
        switch (wait) {
            case Wait::nothing: break;
            case Wait::readable: events = EPOLLIN; break;
            case Wait::writable: events = EPOLLOUT | EPOLLIN; break;
            case Wait::writable_only:
            case Wait::its_turn: events = EPOLLOUT; break;
        }
        if (wait != Wait::nothing) {
            if (!connection.is_idle()) watch_stalls();
            const int fd = connection.fd();
            connection.hand_over();
            arm(fd, events, &connection, how);  // from here on it may be another thread's
            return;
        }
    } catch (const std::exception& failure) {
        connection.give_up(worker);
        log(LogLevel::error, std::string{"serve connection: "} + failure.what() + ": closed");
    }
    close(connection);
}

void Engine::close(Connection& connection) {
    {
        const std::lock_guard lock{mutex_};
        connections_.erase(connection.place);
        if (connections_.empty()) empty_.notify_all();
    }
    delete &connection;
}

/// Makes sure that somebody looks for stalled peers, as long as there are any who could be.
void Engine::watch_stalls() {
    if (stall_timeout_.load().count() == 0 || is_stall_timer_running_.exchange(true)) return;
    // With the lock, the last to start the timer is one who knows the timeout that is in force.
    const std::lock_guard lock{mutex_};
    start_timer(stall_timer_, std::chrono::nanoseconds{stall_timeout_.load()} / stall_precision);
}

void Engine::drop_stalled() {
    take_timer(stall_timer_);
    arm(stall_timer_.get(), EPOLLIN, &stall_timer_, Arm::again);
    is_stall_timer_running_ = false;
    const std::chrono::seconds stall_timeout = stall_timeout_;
    if (stall_timeout.count() == 0) return;  // since the timer was started
    const Clock::duration latest = Clock::now().time_since_epoch() - stall_timeout;
    bool is_anybody_waiting = false;
    {
        const std::lock_guard lock{mutex_};
        for (Connection* connection : connections_) {
            if (connection->waiting_since().count() == 0) continue;
            is_anybody_waiting = true;
            connection->look_at_peer();
            if (connection->waiting_since() > latest) continue;
            // Its own event comes of that, and its own thread closes it.
            connection->mark_stalled();
            shutdown(connection->fd(), SHUT_RDWR);
        }
    }
    if (is_anybody_waiting) watch_stalls();
}

/// The signals that somebody may send us. They are blocked in every thread, and waited for.
sigset_t awaited_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int number : {SIGTERM, SIGINT, SIGUSR1, SIGHUP}) sigaddset(&signals, number);
    return signals;
}

/// Gives the line that says what came of it.
std::string reload(Engine& engine, const Hooks& hooks) {
    // Whoever has changed something wants to see what still fails.
    tell_repeated_lines();
    try {
        engine.change_settings(hooks.reload());
        const std::string done = "reload: settings are in force";
        log(LogLevel::notice, done);
        return done;
    } catch (const std::exception& failure) {
        const std::string kept = std::string{"reload: "} + failure.what() + ": the old settings stay";
        log(LogLevel::error, kept);
        return kept;
    }
}

}  // namespace

unsigned default_threads() { return std::max(4U, 2 * std::thread::hardware_concurrency()); }

void hold_signals() {
    const sigset_t signals = awaited_signals();
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

void serve(int listening_socket, const HandlerSettings& handler, const EngineSettings& settings, const Hooks& hooks) {
    hold_signals();
    gateway::initialise_fastcgi();
    // After libfcgi, which has handlers of its own for these: none of them ever runs.
    signal(SIGPIPE, SIG_IGN);
    const sigset_t signals = awaited_signals();

    Engine engine{listening_socket, handler, settings};
    engine.start_threads();
    log(LogLevel::notice, "serve: " + std::to_string(settings.threads) + " threads: ready");
    hooks.ready(std::to_string(settings.threads) + " threads serve");
    int received = 0;
    while (sigwait(&signals, &received) == 0 && received == SIGHUP) hooks.ready(reload(engine, hooks));
    log(LogLevel::notice, std::string{"stop: "} + sigabbrev_np(received) + ": answers may end");
    engine.stop_accepting();
    hooks.stop_listening();
    engine.wait_until_empty();
}

}  // namespace reelgate::engine
