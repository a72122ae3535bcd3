// Owns the tests of which end of a transfer has failed, with real sockets, pipes, terminals and files.
// SPDX-License-Identifier: MIT
#include "gateway/failure.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <cstdlib>
#include <string>

#include "child_process.h"
#include "fail_test.h"
#include "failing_allocations.h"
#include "failure_names.h"
#include "posix/unique_fd.h"
#include "temporary_folder.h"

namespace reelgate::gateway {
namespace {

/// A way out, and its other end, where it has one.
struct Ends {
    posix::UniqueFd out, peer;
};

Ends unix_sockets() {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0)
        fail_test("make", "sockets");
    return {posix::UniqueFd{ends[0]}, posix::UniqueFd{ends[1]}};
}

Ends tcp_sockets() {
    sockaddr_in address{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    socklen_t length = sizeof address;
    const posix::UniqueFd listener{socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    Ends ends{posix::UniqueFd{socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)}, {}};
    if (bind(listener.get(), generic, length) != 0 || listen(listener.get(), 1) != 0 ||
        getsockname(listener.get(), generic, &length) != 0 || connect(ends.out.get(), generic, length) != 0 ||
        fcntl(ends.out.get(), F_SETFL, O_NONBLOCK) != 0)
        fail_test("prepare", "connection over TCP");
    ends.peer = posix::UniqueFd{accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC)};
    return ends;
}

void wait_until_hung_up(const Ends& ends) {
    pollfd state{ends.out.get(), 0, 0};
    BOOST_TEST_REQUIRE(poll(&state, 1, 1000 * static_cast<int>(child_timeout)) == 1);
}

Ends unix_peer() { return unix_sockets(); }

Ends unix_peer_that_has_closed() {
    Ends ends = unix_sockets();
    ends.peer = {};
    return ends;
}

Ends unix_peer_that_reads_no_more() {
    Ends ends = unix_sockets();
    shutdown(ends.peer.get(), SHUT_RD);
    return ends;
}

Ends tcp_peer() { return tcp_sockets(); }

Ends tcp_peer_that_has_reset() {
    Ends ends = tcp_sockets();
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    setsockopt(ends.peer.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    ends.peer = {};
    wait_until_hung_up(ends);
    return ends;
}

/// One whose machine is gone looks like one who takes nothing for longer than TCP is patient: ETIMEDOUT.
Ends tcp_peer_that_has_vanished() {
    Ends ends = tcp_sockets();
    const unsigned patience = 1;  // ms
    setsockopt(ends.out.get(), IPPROTO_TCP, TCP_USER_TIMEOUT, &patience, sizeof patience);
    const std::string bytes(65536, 'x');
    while (send(ends.out.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) > 0) {}
    wait_until_hung_up(ends);
    return ends;
}

Ends pipe_without_a_reader() {
    Pipe pipe;
    return {std::move(pipe.write_end), {}};
}

Ends terminal_that_has_hung_up() {
    posix::UniqueFd master{posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)};
    if (!master || grantpt(master.get()) != 0 || unlockpt(master.get()) != 0) fail_test("open", "terminal");
    return {posix::UniqueFd{open(ptsname(master.get()), O_RDWR | O_NOCTTY | O_CLOEXEC)}, {}};
}

BOOST_AUTO_TEST_SUITE(gateway_failure)

// What the kernel says of a way out that has failed

struct GoneRow {
    std::string_view name;
    Ends (*make)();
    int error;  ///< what sendfile says
};

constexpr GoneRow gone[] = {
    {"unix_peer_that_has_closed", unix_peer_that_has_closed, EPIPE},
    {"unix_peer_that_reads_no_more", unix_peer_that_reads_no_more, EPIPE},
    {"tcp_peer_that_has_reset", tcp_peer_that_has_reset, ECONNRESET},
    {"tcp_peer_that_has_vanished", tcp_peer_that_has_vanished, ETIMEDOUT},
    {"pipe_without_a_reader", pipe_without_a_reader, EPIPE},
};

BOOST_AUTO_TEST_CASE(way_out_that_has_failed_is_told_from_the_file) {
    TemporaryFolder folder;
    const posix::UniqueFd film{open(folder.write("film", std::string(100, 'f')).c_str(), O_RDONLY | O_CLOEXEC)};
    for (const GoneRow& row : gone) {
        BOOST_TEST_CONTEXT(row.name) {
            const Ends ends = row.make();
            off_t position = 0;
            BOOST_TEST_REQUIRE(sendfile(ends.out.get(), film.get(), &position, 100) == -1);
            const Failure failure = failure_of_copy(ends.out.get(), errno);
            BOOST_TEST(name_of(failure) == "aborted");
            BOOST_TEST(failure.error == row.error);
        }
    }
}

// What an errno means, by the state that the way out is in

struct CopyRow {
    std::string_view name;
    Ends (*make)();
    int error;
    std::string_view expected;
};

constexpr CopyRow copies[] = {
    {"interrupted", unix_peer, EINTR, "interrupted"},
    {"interrupted_and_the_peer_has_gone", unix_peer_that_has_closed, EINTR, "interrupted"},
    {"full", unix_peer, EAGAIN, "blocked"},
    {"disk_has_failed", unix_peer, EIO, "unreadable"},
    {"file_handle_is_stale", unix_peer, ESTALE, "unreadable"},
    {"nfs_server_does_not_answer", unix_peer, ETIMEDOUT, "unreadable"},
    {"nfs_server_does_not_answer_a_viewer_over_tcp", tcp_peer, ETIMEDOUT, "unreadable"},
    {"fuse_process_has_died", unix_peer, ENOTCONN, "unreadable"},
    {"file_server_cannot_be_reached", tcp_peer, EHOSTUNREACH, "unreadable"},
    {"system_has_no_memory", tcp_peer, ENOMEM, "starved"},
    {"tcp_peer_cannot_be_reached", tcp_peer_that_has_vanished, EHOSTUNREACH, "aborted"},
    {"network_of_a_tcp_peer_is_down", tcp_peer_that_has_vanished, ENETDOWN, "aborted"},
    {"tcp_peer_is_not_connected_any_more", tcp_peer_that_has_reset, ENOTCONN, "aborted"},
    {"terminal_has_hung_up", terminal_that_has_hung_up, EIO, "aborted"},
    {"no_space_for_what_is_written", unix_peer, ENOSPC, "aborted"},
    {"no_quota_for_what_is_written", unix_peer, EDQUOT, "aborted"},
    {"what_is_written_is_too_long", unix_peer, EFBIG, "aborted"},
};

BOOST_AUTO_TEST_CASE(errno_of_a_copy_is_of_the_end_that_has_failed) {
    for (const CopyRow& row : copies) {
        BOOST_TEST_CONTEXT(row.name) {
            const Ends ends = row.make();
            const Failure failure = failure_of_copy(ends.out.get(), row.error);
            BOOST_TEST(name_of(failure) == row.expected);
            BOOST_TEST(failure.error == row.error);
        }
    }
}

struct OneEndRow {
    int error;
    std::string_view of_output, of_file;
};

constexpr OneEndRow one_end[] = {
    {EINTR, "interrupted", "interrupted"},
    {EAGAIN, "blocked", "unreadable"},
    {EPIPE, "aborted", "unreadable"},
    {ETIMEDOUT, "aborted", "unreadable"},
    {EIO, "aborted", "unreadable"},
    {ENOMEM, "starved", "unreadable"},
    {ENOBUFS, "starved", "unreadable"},
};

BOOST_AUTO_TEST_CASE(errno_of_a_call_with_one_end_is_of_that) {
    for (const OneEndRow& row : one_end) {
        BOOST_TEST_CONTEXT(strerrorname_np(row.error)) {
            BOOST_TEST(name_of(failure_of_output(row.error)) == row.of_output);
            BOOST_TEST(name_of(failure_of_file(row.error)) == row.of_file);
        }
    }
}

struct TextRow {
    Failure failure;
    std::string_view expected;
};

constexpr TextRow texts[] = {
    {{Failure::Kind::unreadable, ETIMEDOUT}, "Connection timed out"},
    {{Failure::Kind::unreadable, 4095}, "unknown error"},
    {{Failure::Kind::aborted, EPIPE}, "Broken pipe"},
    {{Failure::Kind::shorter, 0}, "the file is shorter than it was"},
    {{Failure::Kind::changed, 0}, "the file was changed meanwhile"},
};

BOOST_AUTO_TEST_CASE(text_is_there_without_memory) {
    for (const TextRow& row : texts) {
        const char* text = nullptr;
        bool has_failed = true;
        {
            const FailingAllocations none{0, 1000};
            text = describe(row.failure);
            has_failed = none.has_failed();
        }
        BOOST_TEST(text == row.expected);
        BOOST_TEST(!has_failed);
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::gateway
