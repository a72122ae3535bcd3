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
#include <cerrno>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <list>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <utility>

#include "engine/connection.h"
#include "engine/status_report.h"
#include "gateway/peers.h"
#include "http/target.h"
#include "log.h"
#include "posix/error.h"

namespace reelgate::engine {

namespace {

/// How long accepting pauses after an error that would come again at once, as where no descriptor is left.
constexpr std::chrono::milliseconds accept_pause{100};

/// Bytes that a thread reads at a time. A request is some KiB.
constexpr std::size_t read_length = std::size_t{64} << 10;

/// How long a connection that was accepted and has said nothing yet may begin to, once it is time to end: its request
/// is on its way. No longer, since there are peers who never speak.
constexpr std::chrono::milliseconds newcomer_time{1000};

/// How long a request waits that could not ask the catalogue, until it tries again.
constexpr std::chrono::milliseconds ask_again_time{10};

/// How long asking the catalogue may take until it counts as slow: a look-up takes microseconds.
constexpr std::chrono::milliseconds slow_asking{50};

/// How much longer than the stall timeout, in parts of it, a stalled viewer may stay.
constexpr int stall_precision = 8;

/// How long a peer that has taken everything may keep its connection.
constexpr std::chrono::seconds linger_time{2};

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

bool start_timer(const posix::UniqueFd& timer, std::chrono::nanoseconds delay) {
    itimerspec when{};
    when.it_value.tv_sec = std::chrono::floor<std::chrono::seconds>(delay).count();
    when.it_value.tv_nsec = (delay - std::chrono::floor<std::chrono::seconds>(delay)).count();
    return timerfd_settime(timer.get(), 0, &when, nullptr) == 0;
}

Transport transport_of(int listening_socket) {
    int domain = 0;
    socklen_t length = sizeof domain;
    if (getsockopt(listening_socket, SOL_SOCKET, SO_DOMAIN, &domain, &length) != 0)
        posix::throw_errno("look at", "listening socket");
    return domain == AF_UNIX ? Transport::unix_socket : Transport::internet;
}

/// What is done after accept4.
enum class AfterAccept {
    next,   ///< wait for the next connection
    pause,  ///< wait a moment: the socket would be readable for ever
    end,    ///< it no longer listens: there will be no more
};

/// Events of a listening socket that was shut down. accept4 then says EINVAL over TCP, and EAGAIN on a Unix socket.
constexpr std::uint32_t shut_down_events = EPOLLHUP | EPOLLRDHUP;

/// Decides what follows accept4. `error` is its errno(3), 0 for a connection; `events` is what epoll said before. Linux
/// passes errors on that are the new connection's, such as ECONNABORTED (accept(2)).
AfterAccept after_accept(int error, std::uint32_t events) {
    switch (error) {
        case EAGAIN: return (events & shut_down_events) != 0 ? AfterAccept::end : AfterAccept::next;
        case 0: case EINTR: case ECONNABORTED: case EPERM: case EPROTO: case ENETDOWN: case ENETUNREACH:
        case EHOSTDOWN: case EHOSTUNREACH: case ENOPROTOOPT: case ENONET:
            return AfterAccept::next;
        // Shut down by a process that shares it. EBADF and ENOTSOCK would be faults of ours, and repeat for ever.
        case EINVAL: case EBADF: case ENOTSOCK: return AfterAccept::end;
        default: return AfterAccept::pause;
    }
}

/// Counts a thread among those that ask the catalogue, as long as this lives.
class Asking {
public:
    Asking(std::atomic<unsigned>& all, Worker& worker) : all_(all), worker_(worker), count_(++all) {
        worker.asking_since = Clock::now().time_since_epoch().count();
    }
    Asking(const Asking&) = delete;
    Asking& operator=(const Asking&) = delete;
    ~Asking() {
        worker_.asking_since = 0;
        --all_;
    }

    unsigned count() const { return count_; }  ///< of those who ask, this one included

private:
    std::atomic<unsigned>& all_;
    Worker& worker_;
    unsigned count_;
};

class Engine {
public:
    Engine(int listening_socket, const HandlerSettings& handler, const EngineSettings& settings);
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;
    ~Engine();

    void start_threads();

    /// Tells whether the listening socket was shut down by another process, which ends the server as SIGTERM does.
    bool has_lost_socket() const { return has_lost_socket_; }

    void stop_accepting();
    void wait_until_empty();
    void change_settings(Reloaded reloaded);

private:
    using Time = std::chrono::system_clock::time_point;

    enum class Arm { first, again };

    void arm(int fd, std::uint32_t events, void* what, Arm how);
    void watch_timer(const posix::UniqueFd& timer);
    void run_thread(Worker& worker);
    void serve_events(Worker& worker);
    bool is_admitted(const posix::UniqueFd& connection) const;
    posix::UniqueFd accept_socket(Tally& tally, std::uint32_t events);
    void accept_one(Worker& worker, std::uint32_t events);
    void watch_listening_socket() noexcept;
    void resume_accepting() noexcept;
    void run(Connection& connection, Worker& worker, bool is_readable, Arm how) noexcept;
    void close(Connection& connection);
    std::chrono::nanoseconds patience_with(const Connection& connection) const;
    std::chrono::nanoseconds look_time(const Connection& connection) const;
    void drop_late() noexcept;
    void look_within(std::chrono::nanoseconds delay) noexcept;
    std::optional<Answer> answer(const http::Request& request, Worker& worker, bool is_last_try);
    bool are_others_slow(const Worker& worker) const;
    void let_ask_again(Connection& connection, Arm how);
    void ask_again() noexcept;
    std::optional<http::Response> monitor(const http::Request& request);
    Status status();

    int listening_socket_;
    const Transport transport_;
    const EngineSettings settings_;  // as it began; what can change is in the next three
    std::chrono::seconds grace_;     // only the thread that takes signals knows it
    std::atomic<std::size_t> max_viewers_;
    std::atomic<std::chrono::seconds> stall_timeout_;
    gateway::Peers peers_;
    std::size_t most_connections_;
    posix::UniqueFd epoll_, quit_, accept_timer_, late_timer_, ask_timer_;
    std::atomic<bool> is_stopping_{false};
    std::atomic<bool> has_lost_socket_{false};
    const Time start_time_ = std::chrono::system_clock::now();
    Viewers viewers_;  // answers that are going on
    Tally tally_;      // of the thread that waits for signals
    std::atomic<Clock::duration> next_look_{Clock::duration::max()};  // when late_timer_ goes off; changed under mutex_

    std::mutex accept_mutex_;           // of the listening socket, which is gone once is_stopping_ is set
    bool is_accepting_paused_ = false;  // under accept_mutex_: that was logged

    std::mutex handler_mutex_;
    HandlerSettings handler_;                  // under handler_mutex_
    std::atomic<std::uint64_t> version_{1};    // of handler_: a thread that sees another makes its Handler anew

    std::mutex mutex_;
    std::condition_variable empty_;
    std::list<Connection*> connections_;  // under mutex_
    std::vector<std::pair<Connection*, Arm>> waiting_;  // under mutex_: for the catalogue; no event comes of them
    std::atomic<unsigned> asking_{0};                   // threads that ask it
    std::vector<std::unique_ptr<Worker>> workers_;
    std::vector<std::thread> threads_;
};

Engine::Engine(int listening_socket, const HandlerSettings& handler, const EngineSettings& settings)
    : listening_socket_(listening_socket), transport_(transport_of(listening_socket)), settings_(settings),
      grace_(settings.grace),
      max_viewers_(settings.max_viewers), stall_timeout_(settings.stall_timeout),
      peers_(std::getenv("FCGI_WEB_SERVER_ADDRS")), most_connections_(most_descriptors()),
      epoll_(epoll_create1(EPOLL_CLOEXEC)), quit_(eventfd(0, EFD_CLOEXEC)), accept_timer_(make_timer()),
      late_timer_(make_timer()), ask_timer_(make_timer()), handler_(handler) {
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
    watch_timer(accept_timer_);
    watch_timer(late_timer_);
    watch_timer(ask_timer_);
    arm(listening_socket_, EPOLLIN | EPOLLRDHUP, &listening_socket_, Arm::first);
}

Engine::~Engine() {
    eventfd_write(quit_.get(), 1);
    for (std::thread& thread : threads_) thread.join();
    if (!connections_.empty()) {
        char text[96];
        std::snprintf(text, sizeof text, "stop: %zu connections: not done within the grace period: cut off",
                      connections_.size());
        log(LogLevel::warning, text);
    }
    for (Connection* connection : connections_) delete connection;
}

void Engine::arm(int fd, std::uint32_t events, void* what, Arm how) {
    epoll_event event{events | EPOLLONESHOT, {what}};
    if (epoll_ctl(epoll_.get(), how == Arm::first ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &event) != 0)
        posix::throw_errno("watch", "descriptor " + std::to_string(fd));
}

/// Edge-triggered, and therefore never armed again: it wakes one thread each time it goes off, whatever has failed
/// since.
void Engine::watch_timer(const posix::UniqueFd& timer) {
    epoll_event event{EPOLLIN | EPOLLET, {const_cast<posix::UniqueFd*>(&timer)}};
    if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, timer.get(), &event) != 0) posix::throw_errno("watch", "timer");
}

void Engine::start_threads() {
    // All that a thread needs is there before the first of them accepts: descriptors and memory may be short afterwards.
    for (unsigned i = 0; i < settings_.threads; ++i) {
        auto worker = std::make_unique<Worker>();
        worker->buffer.resize(read_length);
        worker->answer = [this, lent = worker.get()](const http::Request& request, bool is_last_try) {
            return answer(request, *lent, is_last_try);
        };
        worker->monitor = [this](const http::Request& request) { return monitor(request); };
        workers_.push_back(std::move(worker));
    }
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
    if (reloaded.engine.stall_timeout.count() > 0)
        look_within(std::chrono::nanoseconds{reloaded.engine.stall_timeout} / stall_precision);
    const std::lock_guard lock{handler_mutex_};
    handler_ = std::move(reloaded.handler);
    ++version_;
    tally_.add(Counter::reloads);
}

/// Tells whether every other thread has been asking the catalogue for long.
bool Engine::are_others_slow(const Worker& worker) const {
    const Clock::duration latest = Clock::now().time_since_epoch() - slow_asking;
    return std::all_of(workers_.begin(), workers_.end(), [&](const std::unique_ptr<Worker>& other) {
        const Clock::duration since{other->asking_since};
        return other.get() == &worker || (since.count() > 0 && since < latest);
    });
}

/// Answers with the thread's own Handler, which is made anew when the settings have changed.
std::optional<Answer> Engine::answer(const http::Request& request, Worker& worker, bool is_last_try) {
    const std::size_t max_viewers = max_viewers_;
    if (max_viewers > 0 && viewers_.now() > max_viewers) {
        worker.tally.add(Counter::viewers_refused);
        return Answer{http::error_response(request.method, 503, "Too many viewers"), std::nullopt, {}};
    }
    const Asking asking{asking_, worker};
    // One thread stays with the viewers that are being sent to. Only a burst of look-ups that begin at one moment, and
    // are all slow, can take all, once: to give up a long one would have its work done again and again.
    const bool is_last_thread = settings_.threads > 1 && asking.count() == settings_.threads;
    if (is_last_thread && are_others_slow(worker)) return std::nullopt;
    if (worker.version != version_) {
        const std::lock_guard lock{handler_mutex_};
        worker.handler = std::make_unique<Handler>(handler_);
        worker.version = version_;
    }
    try {
        return worker.handler->answer(request,
                                      {is_last_try ? media::WhenLocked::fail : media::WhenLocked::come_again});
    } catch (const media::CatalogBusy&) {
        return std::nullopt;
    }
}

/// Keeps a connection until its request may ask the catalogue again. Has not kept it where it throws.
void Engine::let_ask_again(Connection& connection, Arm how) {
    const std::lock_guard lock{mutex_};
    waiting_.emplace_back(&connection, how);
    if (waiting_.size() > 1 || start_timer(ask_timer_, ask_again_time)) return;
    waiting_.pop_back();
    posix::throw_errno("start", "timer");
}

/// Hands all requests that wait for the catalogue to the threads.
void Engine::ask_again() noexcept {
    std::vector<std::pair<Connection*, Arm>> waiting;
    {
        const std::lock_guard lock{mutex_};
        waiting.swap(waiting_);
    }
    for (const auto& [connection, how] : waiting) {
        const int fd = connection->fd();
        connection->hand_over();
        try {
            arm(fd, EPOLLOUT, connection, how);
        } catch (const std::exception&) {
            close(*connection);
        }
    }
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
    while (true) {
        try {
            return serve_events(worker);
        } catch (const std::exception& failure) {
            log(LogLevel::error, {"serve: ", failure.what()});
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
            accept_one(worker, event.events);
        else if (what == &accept_timer_)
            resume_accepting();
        else if (what == &late_timer_)
            drop_late();
        else if (what == &ask_timer_)
            ask_again();
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
/// is served. Nothing when another was faster, or there is no descriptor for it. What keeps accepting alive is done
/// before anything is said about it.
posix::UniqueFd Engine::accept_socket(Tally& tally, std::uint32_t events) {
    const std::lock_guard lock{accept_mutex_};
    if (is_stopping_ || has_lost_socket_) return {};
    posix::UniqueFd fd{accept4(listening_socket_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
    const int error = fd ? 0 : errno;
    switch (after_accept(error, events)) {
        case AfterAccept::next: watch_listening_socket(); break;
        case AfterAccept::pause: {
            start_timer(accept_timer_, accept_pause);
            tally.add(Counter::accept_pauses);
            const bool was_paused = std::exchange(is_accepting_paused_, true);
            if (was_paused) return {};
            const bool is_out_of_descriptors = error == EMFILE || error == ENFILE;
            log(LogLevel::error, {"accept connection: ", posix::static_cause(error), ": accepting pauses",
                                  is_out_of_descriptors ? "; see ulimit -n" : ""});
            return {};
        }
        case AfterAccept::end:
            has_lost_socket_ = true;
            // Wakes the thread that waits for signals, which says it.
            kill(getpid(), SIGTERM);
            return {};
    }
    if (!fd) return {};
    is_accepting_paused_ = false;
    if (is_admitted(fd)) return fd;
    log(LogLevel::warning, "accept connection: not from an address in FCGI_WEB_SERVER_ADDRS: closed");
    return {};
}

/// Has the next connection accepted. Where even that cannot be asked for, it is tried again after a pause.
void Engine::watch_listening_socket() noexcept {
    epoll_event event{EPOLLIN | EPOLLRDHUP | EPOLLONESHOT, {&listening_socket_}};
    if (epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, listening_socket_, &event) != 0)
        start_timer(accept_timer_, accept_pause);
}

void Engine::accept_one(Worker& worker, std::uint32_t events) {
    posix::UniqueFd fd = accept_socket(worker.tally, events);
    if (!fd) return;
    worker.tally.add(Counter::connections);
    auto connection = std::make_unique<Connection>(std::move(fd), transport_, most_connections_, viewers_);
    {
        const std::lock_guard lock{mutex_};
        connection->place = connections_.insert(connections_.end(), connection.get());
    }
    run(*connection.release(), worker, true, Arm::first);
}

void Engine::resume_accepting() noexcept {
    const std::lock_guard lock{accept_mutex_};
    if (!is_stopping_ && !has_lost_socket_) watch_listening_socket();
}

void Engine::run(Connection& connection, Worker& worker, bool is_readable, Arm how) noexcept {
    Wait wait = Wait::nothing;
    try {
        wait = connection.proceed(worker, is_readable);
        if (is_stopping_ && connection.is_idle() && !connection.is_new()) wait = Wait::nothing;
        std::uint32_t events = 0;
        switch (wait) {
            case Wait::nothing: break;
            case Wait::a_moment: let_ask_again(connection, how); return;
            case Wait::readable: events = EPOLLIN; break;
            case Wait::writable: events = EPOLLOUT | EPOLLIN; break;
            case Wait::writable_only: events = EPOLLOUT; break;
        }
        if (wait != Wait::nothing) {
            const auto look = connection.is_idle() ? std::chrono::nanoseconds{} : look_time(connection);
            const int fd = connection.fd();
            connection.hand_over();
            // What looks then has to find it waiting.
            if (look.count() > 0) look_within(look);
            arm(fd, events, &connection, how);  // from here on it may be another thread's
            return;
        }
    } catch (const std::exception& failure) {
        connection.give_up(worker);
        log(LogLevel::error, {"serve connection: ", failure.what(), ": closed"});
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

/// How long the peer of a connection may take nothing; zero: for ever.
std::chrono::nanoseconds Engine::patience_with(const Connection& connection) const {
    return connection.awaits_end() ? linger_time : stall_timeout_.load();
}

/// How soon a connection is to be looked at again; zero: never. What a lingering one waits for changes without an event.
std::chrono::nanoseconds Engine::look_time(const Connection& connection) const {
    return std::chrono::nanoseconds{connection.is_lingering() ? linger_time : stall_timeout_.load()} / stall_precision;
}

/// Has drop_late() run when `delay` is over, if not earlier.
void Engine::look_within(std::chrono::nanoseconds delay) noexcept {
    const Clock::duration due = Clock::now().time_since_epoch() + delay;
    if (next_look_.load() <= due) return;
    const std::lock_guard lock{mutex_};
    if (next_look_.load() <= due) return;
    next_look_ = start_timer(late_timer_, delay) ? due : Clock::duration::max();
}

/// Drops the connections whose peers have taken nothing for too long.
void Engine::drop_late() noexcept {
    std::chrono::nanoseconds soonest{};  // zero: no connection waits
    {
        const std::lock_guard lock{mutex_};
        next_look_ = Clock::duration::max();
        const Clock::duration now = Clock::now().time_since_epoch();
        for (Connection* connection : connections_) {
            const auto look = look_time(*connection);
            if (connection->waiting_since().count() == 0 || look.count() == 0) continue;
            soonest = soonest.count() == 0 ? look : std::min(soonest, look);
            connection->look_at_peer();
            const auto patience = patience_with(*connection);
            // Asked again, and once: a thread may have taken the connection meanwhile.
            const auto since = connection->waiting_since();
            if (since.count() == 0 || patience.count() == 0 || since + patience > now) continue;
            // Its own event comes of that, and its own thread closes it.
            connection->mark_stalled();
            shutdown(connection->fd(), SHUT_RDWR);
        }
    }
    if (soonest.count() > 0) look_within(soonest);
}

/// The signals that somebody may send us. They are blocked in every thread, and waited for.
sigset_t awaited_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int number : {SIGTERM, SIGINT, SIGUSR1, SIGHUP}) sigaddset(&signals, number);
    return signals;
}

/// Takes over the new settings. Returns what came of it; where that has a cause, `text` holds it.
std::string_view take_over(Engine& engine, const Hooks& hooks, std::span<char> text) noexcept {
    try {
        engine.change_settings(hooks.reload());
        log(LogLevel::notice, "reload: settings are in force");
        return "reload: settings are in force";
    } catch (const std::exception& failure) {
        log(LogLevel::error, {"reload: ", failure.what(), ": the old settings stay"});
        std::snprintf(text.data(), text.size(), "reload: %s: the old settings stay", failure.what());
        return text.data();
    }
}

/// Reads the settings anew. Whatever fails, the server goes on.
void reload(Engine& engine, const Hooks& hooks) noexcept {
    // Changed settings are a reason to see what still fails.
    tell_repeated_lines();
    char text[512];
    hooks.ready(take_over(engine, hooks, text));
}

}  // namespace

unsigned default_threads() { return std::max(4U, 2 * std::thread::hardware_concurrency()); }

void hold_signals() {
    const sigset_t signals = awaited_signals();
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

End serve(int listening_socket, const HandlerSettings& handler, const EngineSettings& settings, const Hooks& hooks) {
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
    while (sigwait(&signals, &received) == 0 && received == SIGHUP) reload(engine, hooks);
    engine.stop_accepting();
    const bool has_lost_socket = engine.has_lost_socket();
    if (has_lost_socket)
        log(LogLevel::error, {"accept connection: the listening socket was shut down by another process: ",
                              "answers may end; start reelgate again"});
    else
        log(LogLevel::notice, {"stop: ", sigabbrev_np(received), ": answers may end"});
    hooks.stop_listening();
    engine.wait_until_empty();
    return has_lost_socket ? End::socket_lost : End::signalled;
}

}  // namespace reelgate::engine
