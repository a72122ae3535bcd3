// Owns the tests of lines that are written to what may not take them: pipes, sockets, terminals, of one's own and of
// others.
// SPDX-License-Identifier: MIT
#include "posix/line_output.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>

#include <boost/test/unit_test.hpp>
#include <csignal>
#include <stdexcept>
#include <utility>

#include "child_process.h"
#include "fail_test.h"
#include "messages.h"
#include "temporary_folder.h"

namespace reelgate::posix {
namespace {

/// What a line is written to, and where it can be read.
struct Channel {
    UniqueFd write_end;
    UniqueFd read_end;
};

UniqueFd checked(int fd, const char* what) {
    if (fd < 0) fail_test("create", what);
    return UniqueFd{fd};
}

Channel new_pipe() {
    Pipe pipe;
    return {std::move(pipe.write_end), std::move(pipe.read_end)};
}

Channel new_fifo() {
    const TemporaryFolder folder;
    const std::filesystem::path path = folder / "fifo";
    if (mkfifo(path.c_str(), 0600) != 0) fail_test("create", "fifo");
    UniqueFd read_end = checked(open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC), "fifo");
    return {checked(open(path.c_str(), O_WRONLY | O_CLOEXEC), "fifo"), std::move(read_end)};
}

Channel new_sockets(int type) {
    int ends[2];
    if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends) != 0) fail_test("create", "socket pair");
    return {UniqueFd{ends[0]}, UniqueFd{ends[1]}};
}

Channel stream_sockets() { return new_sockets(SOCK_STREAM); }

Channel datagram_sockets() { return new_sockets(SOCK_DGRAM); }

Channel new_terminal() {
    UniqueFd leader = checked(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), "terminal");
    if (grantpt(leader.get()) != 0 || unlockpt(leader.get()) != 0) fail_test("unlock", "terminal");
    UniqueFd terminal = checked(open(ptsname(leader.get()), O_RDWR | O_NOCTTY | O_CLOEXEC), "terminal");
    termios mode;
    tcgetattr(terminal.get(), &mode);
    cfmakeraw(&mode);
    tcsetattr(terminal.get(), TCSANOW, &mode);
    return {std::move(terminal), std::move(leader)};
}

Channel stopped_terminal() {
    Channel channel = new_terminal();
    tcflow(channel.write_end.get(), TCOOFF);
    return channel;
}

/// What opens the other side: a new terminal, if it is opened.
Channel leader_of_terminal() {
    Channel channel = new_terminal();
    std::swap(channel.write_end, channel.read_end);
    return channel;
}

struct Row {
    std::string_view name;
    Channel (*make)();
};

constexpr Row rows[] = {
    {.name = "pipe", .make = new_pipe},
    {.name = "fifo", .make = new_fifo},
    {.name = "stream_socket", .make = stream_sockets},
    {.name = "datagram_socket", .make = datagram_sockets},
    {.name = "stopped_terminal", .make = stopped_terminal},
    {.name = "leader_of_a_terminal", .make = leader_of_terminal},
};

const std::string line(100, 'x');

/// Writes until nothing is taken, then again once all was read. Says what was wrong. A write that waits ends the child.
std::string written_without_waiting(const Channel& channel) {
    const int flags = fcntl(channel.write_end.get(), F_GETFL);
    LineOutput output{channel.write_end.get()};
    output.stop_waiting();
    std::size_t taken = 0;
    while (output.write(line)) ++taken;
    for (int i = 0; i < 3; ++i)
        if (output.write(line)) return "has room again unread";
    if (fcntl(channel.write_end.get(), F_GETFL) != flags) return "flags of the shared description changed";
    tcflow(channel.write_end.get(), TCOON);
    const int reader = channel.read_end.get();
    fcntl(reader, F_SETFL, O_NONBLOCK);
    std::string text;
    std::array<char, 65536> buffer;
    for (ssize_t n; (n = read(reader, buffer.data(), buffer.size())) > 0;) text.append(buffer.data(), n);
    std::string whole;
    for (std::size_t i = 0; i < taken; ++i) whole += line + "\n";
    if (!text.starts_with(whole)) return "is not what was said to be taken";
    return output.write(line) ? "" : "takes nothing after it was read";
}

BOOST_AUTO_TEST_SUITE(posix_line_output)

BOOST_AUTO_TEST_CASE(nothing_is_waited_for) {
    for (const Row& row : rows)
        BOOST_TEST_CONTEXT(row.name) {
            const Channel channel = row.make();
            BOOST_TEST(in_child([&] { return written_without_waiting(channel) + "!"; }) == "!");
        }
}

/// A process that has dropped its rights may not open again what was made before.
BOOST_AUTO_TEST_CASE(nothing_is_waited_for_where_it_is_another_users) {
    for (const Row& row : rows)
        BOOST_TEST_CONTEXT(row.name) {
            const Channel channel = row.make();
            BOOST_TEST(as_ordinary_user([&] { return written_without_waiting(channel) + "!"; }) == "!");
        }
}

BOOST_AUTO_TEST_CASE(file_takes_all) {
    const TemporaryFolder folder;
    const std::filesystem::path path = folder.write("log", "before\n");
    const UniqueFd file{open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC)};
    LineOutput output{file.get()};
    BOOST_TEST(output.write("waiting"));
    output.stop_waiting();
    BOOST_TEST(output.write("not ", ""));
    BOOST_TEST(output.write("waiting"));
    BOOST_TEST(read_file(path) == "before\nwaiting\nnot waiting\n");
}

/// A small socket takes a part of a line: the next is a line all the same.
BOOST_AUTO_TEST_CASE(line_after_one_that_was_cut_off) {
    const Channel channel = stream_sockets();
    const int smallest = 0;
    BOOST_REQUIRE(setsockopt(channel.write_end.get(), SOL_SOCKET, SO_SNDBUF, &smallest, sizeof smallest) == 0);
    LineOutput output{channel.write_end.get()};
    output.stop_waiting();
    BOOST_TEST(!output.write(std::string(100'000, 'x')));
    BOOST_TEST(!output.write("lost"));
    std::array<char, 100'000> buffer;
    const ssize_t cut = read(channel.read_end.get(), buffer.data(), buffer.size());
    BOOST_TEST_REQUIRE(cut > 0);
    BOOST_TEST((cut < 100'000 && buffer[cut - 1] == 'x'));
    BOOST_TEST(output.write("whole"));
    BOOST_TEST(output.write("too"));
    const ssize_t rest = read(channel.read_end.get(), buffer.data(), buffer.size());
    BOOST_TEST((std::string{buffer.data(), static_cast<std::size_t>(rest)} == "\nwhole\ntoo\n"));
}

/// Whatever the process does with SIGPIPE: here it would end it.
BOOST_AUTO_TEST_CASE(reader_that_has_gone) {
    for (const Row& row : {rows[0], rows[1], rows[2]})
        for (const bool is_gone_before : {false, true})
            BOOST_TEST_CONTEXT(row.name << (is_gone_before ? " before" : "")) {
                BOOST_TEST(in_child([&] {
                    std::signal(SIGPIPE, SIG_DFL);
                    Channel channel = row.make();
                    LineOutput output{channel.write_end.get()};
                    if (is_gone_before) channel.read_end = UniqueFd{};
                    output.stop_waiting();
                    channel.read_end = UniqueFd{};
                    const bool is_taken = output.write(line) || output.write(line);
                    // It comes of no write after that, either.
                    sigset_t pending;
                    sigpending(&pending);
                    return std::string{is_taken ? "taken" : sigismember(&pending, SIGPIPE) ? "pending" : "lost"};
                }) == "lost");
            }
}

BOOST_AUTO_TEST_CASE(descriptor_that_is_closed) {
    LineOutput output{-1};
    output.stop_waiting();
    BOOST_TEST(!output.write(line));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::posix
