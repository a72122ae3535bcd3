// Owns the tests of what is said between a service manager and us: real sockets, and an environment of our own making
// in a child process.
// SPDX-License-Identifier: MIT
#include "gateway/service_manager.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <boost/test/unit_test.hpp>
#include <cstddef>
#include <stdexcept>

#include "child_process.h"
#include "fail_test.h"
#include "gateway/listener.h"
#include "messages.h"
#include "temporary_folder.h"

namespace reelgate::gateway {
namespace {

constexpr pid_t self = 4711;
constexpr int first_handed_over = 3;

std::string counted(const char* listen_pid, const char* listen_fds) {
    try {
        return std::to_string(handed_over_sockets(listen_pid, listen_fds, self));
    } catch (const posix::FailureError& error) {
        return error.what();
    }
}

/// A datagram socket, as a service manager has one. Its name begins with @ where it is abstract.
posix::UniqueFd bound_datagram_socket(const std::string& name) {
    posix::UniqueFd fd{socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    name.copy(address.sun_path, sizeof address.sun_path - 1);
    if (name.starts_with('@')) address.sun_path[0] = '\0';
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    if (!fd || bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), length) != 0)
        fail_test("bind", name);
    return fd;
}

std::string received(const posix::UniqueFd& fd) {
    char buffer[1024];
    const ssize_t n = recv(fd.get(), buffer, sizeof buffer, MSG_DONTWAIT);
    return n < 0 ? posix::cause(errno) : std::string(buffer, static_cast<std::size_t>(n));
}

/// Takes the socket, in a process that has `fd` where the first one is handed over; says what comes of it.
std::string taken(int fd, const char* listen_fds) {
    return in_child([&] {
        dup2(fd, first_handed_over);
        setenv("LISTEN_PID", std::to_string(getpid()).c_str(), 1);
        setenv("LISTEN_FDS", listen_fds, 1);
        setenv("LISTEN_FDNAMES", "reelgate.socket", 1);
        std::string result;
        const std::string refusal = message_of<posix::FailureError>([&] {
            const posix::UniqueFd socket = take_handed_over_socket();
            const bool is_kept_back = (fcntl(socket.get(), F_GETFD) & FD_CLOEXEC) != 0;
            result = std::to_string(socket.get()) + (is_kept_back ? "" : ", inheritable");
        });
        if (result.empty()) result = refusal;
        for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"})
            if (getenv(name)) result.append(", ").append(name).append(" is still there");
        return result;
    });
}

BOOST_AUTO_TEST_SUITE(gateway_service_manager)

// sd_listen_fds(3)

struct CountRow {
    std::string_view name;
    const char* listen_pid = nullptr;
    const char* listen_fds = nullptr;
    std::string_view expected;
};

constexpr CountRow counts[] = {
    {.name = "nothing_said", .expected = "0"},
    {.name = "one", .listen_pid = "4711", .listen_fds = "1", .expected = "1"},
    {.name = "several", .listen_pid = "4711", .listen_fds = "2", .expected = "2"},
    {.name = "none", .listen_pid = "4711", .listen_fds = "0", .expected = "0"},
    {.name = "for_another_process", .listen_pid = "4712", .listen_fds = "1", .expected = "0"},
    {.name = "for_another_process_and_malformed", .listen_pid = "4712", .listen_fds = "x", .expected = "0"},
    {.name = "for_nobody", .listen_fds = "1", .expected = "0"},
    {.name = "count_missing", .listen_pid = "4711", .expected = "0"},
    {.name = "count_negative", .listen_pid = "4711", .listen_fds = "-1",
     .expected = "serve: LISTEN_FDS=-1: is not a number of sockets"},
    {.name = "count_with_more", .listen_pid = "4711", .listen_fds = "1 ",
     .expected = "serve: LISTEN_FDS=1 : is not a number of sockets"},
    {.name = "count_empty", .listen_pid = "4711", .listen_fds = "",
     .expected = "serve: LISTEN_FDS=: is not a number of sockets"},
    {.name = "count_beyond_32_bits", .listen_pid = "4711", .listen_fds = "4294967297",
     .expected = "serve: LISTEN_FDS=4294967297: is not a number of sockets"},
    {.name = "process_no_number", .listen_pid = "me", .listen_fds = "1",
     .expected = "serve: LISTEN_PID=me: is not a process id"},
};

BOOST_AUTO_TEST_CASE(sockets_are_counted_for_the_process_that_is_meant) {
    for (const CountRow& row : counts)
        BOOST_TEST_CONTEXT(row.name) { BOOST_TEST(counted(row.listen_pid, row.listen_fds) == row.expected); }
}

BOOST_AUTO_TEST_CASE(socket_that_listens_is_taken_and_not_inherited) {
    const TemporaryFolder folder;
    const Listener listener{UnixAddress{(folder / "socket").native()}, 0600};
    BOOST_TEST(taken(listener.fd(), "1") == "3");
}

BOOST_AUTO_TEST_CASE(no_socket_was_handed_over) {
    const TemporaryFolder folder;
    const Listener listener{UnixAddress{(folder / "socket").native()}, 0600};
    BOOST_TEST(taken(listener.fd(), "0") == "-1");
}

BOOST_AUTO_TEST_CASE(several_sockets_are_refused) {
    const TemporaryFolder folder;
    const Listener listener{UnixAddress{(folder / "socket").native()}, 0600};
    BOOST_TEST(taken(listener.fd(), "2") ==
               "serve: LISTEN_FDS=2: serves one socket; leave one ListenStream= in reelgate.socket");
}

BOOST_AUTO_TEST_CASE(what_does_not_listen_is_refused) {
    const TemporaryFolder folder;
    const posix::UniqueFd datagram = bound_datagram_socket((folder / "socket").native());
    const std::string message = taken(datagram.get(), "1");
    BOOST_TEST(message == "serve: LISTEN_FDS=1: descriptor 3 is not a stream socket that listens; reelgate.socket "
                          "needs ListenStream= and Accept=no");
}

// sd_notify(3)

BOOST_AUTO_TEST_CASE(messages) {
    BOOST_TEST(ready_message("4 threads serve") == "READY=1\nSTATUS=4 threads serve\n");
    BOOST_TEST(ready_message("two\nlines") == "READY=1\nSTATUS=two lines\n");
    BOOST_TEST(reloading_message(std::chrono::microseconds{12'345'678'901}) ==
               "RELOADING=1\nMONOTONIC_USEC=12345678901\nSTATUS=reloading the settings\n");
    BOOST_TEST(stopping_message(std::chrono::seconds{86'400}) ==
               "STOPPING=1\nEXTEND_TIMEOUT_USEC=86405000000\nSTATUS=finishing the running answers within 86400 s\n");
}

BOOST_AUTO_TEST_CASE(message_is_one_datagram_at_a_path_or_an_abstract_name) {
    const TemporaryFolder folder;
    for (const std::string& place : {(folder / "notify").native(), "@" + (folder / "abstract").native()}) {
        BOOST_TEST_CONTEXT(place) {
            const posix::UniqueFd manager = bound_datagram_socket(place);
            const Notifier notifier{place};
            notifier.send("READY=1\n");
            notifier.send("STOPPING=1\n");
            BOOST_TEST(received(manager) == "READY=1\n");
            BOOST_TEST(received(manager) == "STOPPING=1\n");
        }
    }
}

BOOST_AUTO_TEST_CASE(nobody_to_tell) { BOOST_CHECK_NO_THROW(Notifier{""}.send("READY=1\n")); }

BOOST_AUTO_TEST_CASE(manager_that_is_gone) {
    const TemporaryFolder folder;
    const std::string place = (folder / "gone").native();
    BOOST_TEST(message_of<posix::FailureError>([&] { Notifier{place}.send("READY=1\n"); }) ==
               "notify " + place + ": No such file or directory");
}

BOOST_AUTO_TEST_CASE(place_that_is_none) {
    for (const std::string& place : {std::string{"vsock:2:1234"}, "/" + std::string(107, 'x')})
        BOOST_TEST_CONTEXT(place) {
            const std::string message = message_of<posix::FailureError>([&] { Notifier{place}.send("READY=1\n"); });
            BOOST_TEST(contains(message, "NOTIFY_SOCKET has to be a path or @name of at most 107 bytes"), message);
        }
}

BOOST_AUTO_TEST_CASE(place_goes_from_the_environment) {
    const TemporaryFolder folder;
    const std::string place = (folder / "notify").native();
    const posix::UniqueFd manager = bound_datagram_socket(place);
    const std::string result = in_child([&] {
        setenv("NOTIFY_SOCKET", place.c_str(), 1);
        Notifier::from_environment().send("READY=1\n");
        return std::string{getenv("NOTIFY_SOCKET") ? "still there" : "gone"};
    });
    BOOST_TEST(result == "gone");
    BOOST_TEST(received(manager) == "READY=1\n");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::gateway
