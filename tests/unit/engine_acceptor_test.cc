// Owns the tests of accepting: who may connect, what follows an error, how it ends.
// Does not serve what is accepted.
// SPDX-License-Identifier: MIT
#include "engine/acceptor.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <csignal>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <future>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/worker.h"
#include "engine_fixture.h"
#include "fail_test.h"
#include "messages.h"
#include "socket_calls.h"
#include "temporary_folder.h"

namespace reelgate::engine {
namespace {

/// Sets a variable of the environment, or takes it away, as long as it lives.
class Variable {
public:
    Variable(const char* name, const char* value) : name_(name) {
        if (const char* const before = std::getenv(name)) before_ = before;
        set(value);
    }
    Variable(const Variable&) = delete;
    Variable& operator=(const Variable&) = delete;
    ~Variable() { set(before_ ? before_->c_str() : nullptr); }

private:
    void set(const char* value) const { value ? setenv(name_, value, 1) : unsetenv(name_); }

    const char* const name_;
    std::optional<std::string> before_;
};

/// Lets this process have no more descriptors than it has, as long as it lives.
class NoDescriptors {
public:
    NoDescriptors() {
        getrlimit(RLIMIT_NOFILE, &before_);
        rlimit limit = before_;
        const posix::UniqueFd next{dup(STDERR_FILENO)};  // the lowest that is free
        limit.rlim_cur = static_cast<rlim_t>(next.get());
        if (!next || setrlimit(RLIMIT_NOFILE, &limit) != 0) fail_test("limit", "descriptors");
    }
    NoDescriptors(const NoDescriptors&) = delete;
    NoDescriptors& operator=(const NoDescriptors&) = delete;
    ~NoDescriptors() { setrlimit(RLIMIT_NOFILE, &before_); }

private:
    rlimit before_{};
};

/// Counts SIGTERM, which otherwise would end the tests.
class CaughtSigterm {
public:
    CaughtSigterm() {
        count = 0;
        before_ = std::signal(SIGTERM, [](int) { count = count + 1; });
    }
    CaughtSigterm(const CaughtSigterm&) = delete;
    CaughtSigterm& operator=(const CaughtSigterm&) = delete;
    ~CaughtSigterm() { std::signal(SIGTERM, before_); }

    static inline volatile std::sig_atomic_t count = 0;

private:
    void (*before_)(int);
};

enum class Family { unix_socket, ipv4 };

/// A listening socket, and the web servers that connect to it.
class Listener {
public:
    explicit Listener(Family family) {
        switch (family) {
            case Family::unix_socket: {
                auto& address = reinterpret_cast<sockaddr_un&>(address_);
                address.sun_family = AF_UNIX;
                const std::string path = folder_ / "socket";
                path.copy(address.sun_path, sizeof address.sun_path - 1);
                length_ = sizeof address;
                break;
            }
            case Family::ipv4: {
                auto& address = reinterpret_cast<sockaddr_in&>(address_);
                address.sin_family = AF_INET;
                address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
                length_ = sizeof address;
                break;
            }
        }
        socket_ = posix::UniqueFd{socket(address_.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        if (bind(socket_.get(), address(), length_) != 0 || listen(socket_.get(), 100) != 0 ||
            getsockname(socket_.get(), address(), &length_) != 0)
            fail_test("prepare", "listening socket");
    }

    int fd() const { return socket_.get(); }

    posix::UniqueFd connect() {
        posix::UniqueFd peer{socket(address_.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        if (::connect(peer.get(), address(), length_) != 0) fail_test("connect to", "listening socket");
        return peer;
    }

private:
    sockaddr* address() { return reinterpret_cast<sockaddr*>(&address_); }

    TemporaryFolder folder_;
    sockaddr_storage address_{};
    socklen_t length_ = 0;
    posix::UniqueFd socket_;
};

/// What an accepted connection is to the acceptor.
struct Source final : EventSource {
    void handle(std::uint32_t events, Worker&) override {
        BOOST_TEST(events == EPOLLIN);
        then();
    }

    std::function<void()> then = [] {};
};

/// An acceptor, and the only thread that it has.
struct Fixture {
    explicit Fixture(Family family = Family::ipv4, const char* web_servers = nullptr)
        : environment("FCGI_WEB_SERVER_ADDRS", web_servers), listener(family),
          acceptor(loop, listener.fd(), [this](posix::UniqueFd connection) -> EventSource& {
              accepted.push_back(std::move(connection));
              return source;
          }) {
        acceptor.start();
    }

    /// Handles so many events.
    void run(int events) {
        for (int i = 0; i < events; ++i) loop.run(worker, [] { return true; });
    }

    /// Handles all events that have come, and counts them.
    int events_until_the_end() {
        int events = 0;
        loop.end();
        loop.run(worker, [&] { return ++events, false; });
        return events;
    }

    std::uint64_t counted(Counter counter) const {
        Counts counts{};
        worker.tally.add_to(counts);
        return at(counts, counter);
    }

    const Variable environment;
    Listener listener;
    EventLoop loop;
    Worker worker;
    std::vector<posix::UniqueFd> accepted;
    Source source;
    Acceptor acceptor;
};

/// Returns whether the other end of a connection is closed.
bool has_ended(const posix::UniqueFd& peer) {
    char byte;
    return read(peer.get(), &byte, 1) == 0;
}

BOOST_AUTO_TEST_SUITE(engine_acceptor)

// Who may connect

struct PeerRow {
    std::string_view name;
    Family family = Family::ipv4;
    const char* web_servers = nullptr;
    bool is_admitted;
    Transport transport = Transport::internet;
};

const PeerRow peers[] = {
    {.name = "anybody", .is_admitted = true},
    {.name = "anybody_over_a_unix_socket", .family = Family::unix_socket, .is_admitted = true,
     .transport = Transport::unix_socket},
    {.name = "one_of_the_list", .web_servers = "192.0.2.1,127.0.0.1", .is_admitted = true},
    {.name = "none_of_the_list", .web_servers = "192.0.2.1,192.0.2.2", .is_admitted = false},
    {.name = "not_over_tcp_though_there_is_a_list", .family = Family::unix_socket, .web_servers = "127.0.0.1",
     .is_admitted = false, .transport = Transport::unix_socket},
};

BOOST_AUTO_TEST_CASE(who_may_connect) {
    for (const PeerRow& row : peers) {
        BOOST_TEST_CONTEXT(row.name) {
            const CapturedStderr captured;
            Fixture fixture{row.family, row.web_servers};
            BOOST_TEST((fixture.acceptor.transport() == row.transport));
            const posix::UniqueFd first = fixture.listener.connect(), second = fixture.listener.connect();
            fixture.run(2);
            BOOST_TEST(fixture.accepted.size() == (row.is_admitted ? 2u : 0u));
            BOOST_TEST(fixture.counted(Counter::connections) == (row.is_admitted ? 2u : 0u));
            if (!row.is_admitted) BOOST_TEST((has_ended(first) && has_ended(second)));
            const std::string refusal =
                "reelgate: warning: accept connection: not from an address in FCGI_WEB_SERVER_ADDRS: closed\n";
            BOOST_TEST(captured.text() == (row.is_admitted ? "" : refusal + refusal));
        }
    }
}

BOOST_AUTO_TEST_CASE(connection_is_ready_to_be_served) {
    Fixture fixture;
    const posix::UniqueFd peer = fixture.listener.connect();
    fixture.run(1);
    BOOST_TEST_REQUIRE(fixture.accepted.size() == 1u);
    const int fd = fixture.accepted[0].get();
    BOOST_TEST((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
    BOOST_TEST((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
    int without_delay = 0;
    socklen_t length = sizeof without_delay;
    getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &without_delay, &length);
    BOOST_TEST(without_delay != 0);
}

BOOST_AUTO_TEST_CASE(connection_that_another_thread_was_faster_to_take_is_not_waited_for) {
    const CapturedStderr captured;
    Fixture fixture;
    fixture.acceptor.handle(EPOLLIN, fixture.worker);
    BOOST_TEST(fixture.accepted.empty());
    const posix::UniqueFd peer = fixture.listener.connect();
    fixture.run(1);
    BOOST_TEST(fixture.accepted.size() == 1u);
    BOOST_TEST(captured.text() == "");
}

BOOST_AUTO_TEST_CASE(next_connection_can_be_accepted_while_one_proceeds) {
    Fixture fixture{Family::unix_socket};
    fixture.source.then = [&] {
        // As another thread would.
        if (fixture.accepted.size() == 1) fixture.run(1);
    };
    const posix::UniqueFd first = fixture.listener.connect(), second = fixture.listener.connect();
    fixture.run(1);
    BOOST_TEST(fixture.accepted.size() == 2u);
}

BOOST_AUTO_TEST_CASE(connection_is_among_the_others_before_accepting_can_end) {
    Listener listener{Family::unix_socket};
    const Variable web_servers{"FCGI_WEB_SERVER_ADDRS", nullptr};
    EventLoop loop;
    Worker worker;
    Source source;
    std::future<void> end;
    Acceptor acceptor{loop, listener.fd(), [&](const posix::UniqueFd&) -> EventSource& {
                          end = std::async(std::launch::async, [&] { acceptor.stop(); });
                          // An end that does not wait comes well within this time.
                          BOOST_TEST((end.wait_for(std::chrono::milliseconds{100}) == std::future_status::timeout));
                          return source;
                      }};
    acceptor.start();
    const posix::UniqueFd peer = listener.connect();
    loop.run(worker, [] { return true; });
    end.get();
}

// Errors

struct ErrorRow {
    int error;
    bool pauses;
    std::string_view logged = "";
};

const ErrorRow errors[] = {
    {.error = EMFILE, .pauses = true,
     .logged = "reelgate: error: accept connection: Too many open files: accepting pauses; see ulimit -n\n"},
    {.error = ENFILE, .pauses = true,
     .logged = "reelgate: error: accept connection: Too many open files in system: accepting pauses; see ulimit -n\n"},
    {.error = ENOBUFS, .pauses = true,
     .logged = "reelgate: error: accept connection: No buffer space available: accepting pauses\n"},
    {.error = ENOMEM, .pauses = true,
     .logged = "reelgate: error: accept connection: Cannot allocate memory: accepting pauses\n"},
    {.error = EAGAIN, .pauses = false},
    {.error = EINTR, .pauses = false},
    {.error = ECONNABORTED, .pauses = false},
    {.error = EPERM, .pauses = false},
    {.error = EPROTO, .pauses = false},
    {.error = ENETDOWN, .pauses = false},
    {.error = ENETUNREACH, .pauses = false},
    {.error = EHOSTDOWN, .pauses = false},
    {.error = EHOSTUNREACH, .pauses = false},
    {.error = ENOPROTOOPT, .pauses = false},
    {.error = ENONET, .pauses = false},
};

BOOST_AUTO_TEST_CASE(accepting_goes_on_after_an_error) {
    for (const ErrorRow& row : errors) {
        BOOST_TEST_CONTEXT(posix::cause(row.error)) {
            const CapturedStderr captured;
            Fixture fixture;
            const posix::UniqueFd peer = fixture.listener.connect();
            {
                const FailingSocketCalls failing{row.error};
                fixture.run(1);
            }
            BOOST_TEST(fixture.accepted.empty());
            BOOST_TEST(captured.text() == row.logged);
            BOOST_TEST(fixture.counted(Counter::accept_pauses) == (row.pauses ? 1u : 0u));
            // After a pause, which its timer ends, or at once.
            fixture.run(row.pauses ? 2 : 1);
            BOOST_TEST(fixture.accepted.size() == 1u);
            BOOST_TEST(!fixture.acceptor.has_lost_socket());
        }
    }
}

BOOST_AUTO_TEST_CASE(pause_is_said_once_until_a_connection_is_accepted) {
    const std::string pauses =
        "reelgate: error: accept connection: Too many open files: accepting pauses; see ulimit -n\n";
    const CapturedStderr captured;
    Fixture fixture;
    const posix::UniqueFd first = fixture.listener.connect(), second = fixture.listener.connect();
    fixture.accepted.reserve(2);
    for (const std::size_t accepted : {1, 2}) {
        {
            const NoDescriptors none;
            fixture.run(5);  // three attempts, with a pause after each
        }
        BOOST_TEST(fixture.accepted.size() == accepted - 1);
        BOOST_TEST(fixture.counted(Counter::accept_pauses) == accepted * 3);
        BOOST_TEST(captured.text() == (accepted == 1 ? pauses : pauses + pauses));
        fixture.run(2);
        BOOST_TEST(fixture.accepted.size() == accepted);
    }
}

BOOST_AUTO_TEST_CASE(socket_that_epoll_does_not_watch_is_watched_after_a_pause) {
    const CapturedStderr captured;
    Fixture fixture;
    const posix::UniqueFd first = fixture.listener.connect(), second = fixture.listener.connect();
    // As if rearming it failed.
    fixture.loop.remove(fixture.listener.fd());
    fixture.acceptor.handle(EPOLLIN, fixture.worker);
    BOOST_TEST(fixture.accepted.size() == 1u);
    fixture.loop.add(fixture.listener.fd(), 0, fixture.acceptor);
    fixture.run(2);
    BOOST_TEST(fixture.accepted.size() == 2u);
}

// Its end

BOOST_AUTO_TEST_CASE(nothing_is_accepted_after_a_stop) {
    Fixture fixture;
    const posix::UniqueFd peer = fixture.listener.connect();
    fixture.acceptor.stop();
    // A thread that had the event already.
    fixture.acceptor.handle(EPOLLIN, fixture.worker);
    BOOST_TEST(fixture.accepted.empty());
    BOOST_TEST(!fixture.acceptor.has_lost_socket());
    BOOST_TEST(fixture.events_until_the_end() == 0);
}

BOOST_AUTO_TEST_CASE(pause_does_not_outlast_a_stop) {
    const CapturedStderr captured;
    Fixture fixture;
    const posix::UniqueFd peer = fixture.listener.connect();
    {
        const FailingSocketCalls failing{EMFILE};
        fixture.run(1);
    }
    fixture.acceptor.stop();
    // The descriptor may be another's by now.
    struct Nobody final : EventSource {
        void handle(std::uint32_t, Worker&) override {}
    } nobody;
    fixture.loop.add(fixture.listener.fd(), 0, nobody);
    fixture.run(1);  // the timer
    BOOST_TEST(fixture.events_until_the_end() == 0);
}

struct LossRow {
    std::string_view name;
    Family family;
    int error = 0;  ///< of accept4; 0: the socket is shut down
};

const LossRow losses[] = {
    {.name = "shut_down", .family = Family::ipv4},
    {.name = "shut_down_unix_socket", .family = Family::unix_socket},
    {.name = "does_not_listen", .family = Family::ipv4, .error = EINVAL},
    {.name = "closed", .family = Family::ipv4, .error = EBADF},
    {.name = "another_descriptor", .family = Family::ipv4, .error = ENOTSOCK},
};

BOOST_AUTO_TEST_CASE(socket_that_no_longer_listens_ends_the_server) {
    for (const LossRow& row : losses) {
        BOOST_TEST_CONTEXT(row.name) {
            const CapturedStderr captured;
            const CaughtSigterm caught;
            Fixture fixture{row.family};
            posix::UniqueFd peer;
            if (row.error == 0)
                shutdown(fixture.listener.fd(), SHUT_RDWR);
            else
                peer = fixture.listener.connect();
            {
                std::optional<FailingSocketCalls> failing;
                if (row.error != 0) failing.emplace(row.error);
                fixture.run(1);
            }
            BOOST_TEST(fixture.acceptor.has_lost_socket());
            BOOST_TEST(wait_until([] { return CaughtSigterm::count == 1; }));
            // Only once, whatever comes.
            fixture.acceptor.handle(EPOLLIN, fixture.worker);
            BOOST_TEST(CaughtSigterm::count == 1);
            BOOST_TEST(fixture.accepted.empty());
            fixture.acceptor.stop();
            BOOST_TEST(fixture.acceptor.has_lost_socket());
            BOOST_TEST(captured.text() == "");
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::engine
