// Owns the tests of the listening socket: addresses, and real sockets in a temporary folder.
// SPDX-License-Identifier: MIT
#include "gateway/listener.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <boost/test/unit_test.hpp>
#include <cstring>

#include "child_process.h"
#include "fail_test.h"
#include "messages.h"
#include "temporary_folder.h"

namespace reelgate::gateway {
namespace {

/// Writes the parts of an address, or the reason why it is none.
std::string parsed(std::string_view text) {
    const auto result = parse_address(text);
    if (const auto* flaw = std::get_if<AddressFlaw>(&result))
        return std::string{flaw->cause}.append(flaw->remedy.empty() ? "" : "; ").append(flaw->remedy);
    const auto& address = std::get<Address>(result);
    if (const auto* local = std::get_if<UnixAddress>(&address)) return "path " + local->path;
    const auto& internet = std::get<InternetAddress>(address);
    return "host " + internet.host + " port " + internet.port;
}

posix::UniqueFd new_socket(int family, int type) {
    posix::UniqueFd fd{socket(family, type | SOCK_CLOEXEC, 0)};
    if (!fd) fail_test("create", "socket");
    return fd;
}

template <typename SocketAddress>
bool bind_to(int fd, const SocketAddress& address) {
    return bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

template <typename SocketAddress>
bool connects(const SocketAddress& address) {
    const posix::UniqueFd client = new_socket(reinterpret_cast<const sockaddr*>(&address)->sa_family, SOCK_STREAM);
    return connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

sockaddr_un unix_address(const std::filesystem::path& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    return address;
}

/// A loopback address with a port that nobody had when it was asked for.
sockaddr_in loopback_address(int fd) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    if (!bind_to(fd, address) || getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) != 0)
        fail_test("bind", "127.0.0.1");
    return address;
}

/// What a process leaves behind that did not come to its end in order.
void leave_socket_behind(const std::filesystem::path& path, int type = SOCK_STREAM) {
    const posix::UniqueFd fd = new_socket(AF_UNIX, type);
    if (!bind_to(fd.get(), unix_address(path))) fail_test("bind", path.native());
}

Address local(const std::filesystem::path& path) { return UnixAddress{path.native()}; }

std::string refusal(const Address& address) {
    return message_of<posix::FailureError>([&] { const Listener listener(address, 0600); });
}

BOOST_AUTO_TEST_SUITE(gateway_listener)

// Addresses

struct AddressRow {
    std::string_view name;
    std::string_view text;
    std::string_view expected;
};

constexpr std::string_view bad_port = "the port has to be a number from 1 to 65535";
constexpr std::string_view bad_form = "needs unix:/path, host:port or [v6]:port";
constexpr std::string_view no_host = "the host is missing; 127.0.0.1 keeps strangers out";
constexpr std::string_view no_brackets = "an IPv6 address has to stand in brackets, [v6]:port";
constexpr std::string_view relative = "the path after unix: has to begin with /";

constexpr AddressRow addresses[] = {
    {.name = "unix", .text = "unix:/run/reelgate.sock", .expected = "path /run/reelgate.sock"},
    {.name = "unix_with_colons", .text = "unix:/run/a:b:80", .expected = "path /run/a:b:80"},
    {.name = "unix_with_spaces", .text = "unix:/run/a b", .expected = "path /run/a b"},
    {.name = "unix_relative", .text = "unix:run/reelgate.sock", .expected = relative},
    {.name = "unix_without_path", .text = "unix:", .expected = relative},
    {.name = "ipv4", .text = "127.0.0.1:9000", .expected = "host 127.0.0.1 port 9000"},
    {.name = "host_name", .text = "localhost:9000", .expected = "host localhost port 9000"},
    {.name = "ipv6", .text = "[::1]:9000", .expected = "host ::1 port 9000"},
    {.name = "ipv6_any", .text = "[::]:1", .expected = "host :: port 1"},
    {.name = "largest_port", .text = "h:65535", .expected = "host h port 65535"},
    {.name = "port_too_large", .text = "h:65536", .expected = bad_port},
    {.name = "port_beyond_32_bits", .text = "h:4294967297", .expected = bad_port},
    {.name = "port_zero", .text = "h:0", .expected = bad_port},
    {.name = "port_negative", .text = "h:-1", .expected = bad_port},
    {.name = "port_with_sign", .text = "h:+80", .expected = bad_port},
    {.name = "port_missing", .text = "h:", .expected = bad_port},
    {.name = "port_a_name", .text = "h:http", .expected = bad_port},
    {.name = "port_and_more", .text = "h:80x", .expected = bad_port},
    {.name = "port_with_space", .text = "h: 80", .expected = bad_port},
    {.name = "empty", .text = "", .expected = bad_form},
    {.name = "port_alone", .text = "9000", .expected = bad_form},
    {.name = "path_alone", .text = "/run/reelgate.sock", .expected = bad_form},
    {.name = "host_missing", .text = ":9000", .expected = no_host},
    {.name = "brackets_empty", .text = "[]:9000", .expected = no_host},
    {.name = "ipv6_without_brackets", .text = "::1:9000", .expected = no_brackets},
    {.name = "bracket_open", .text = "[::1:9000", .expected = no_brackets},
    {.name = "ipv6_without_port", .text = "[::1]", .expected = bad_port},
};

BOOST_AUTO_TEST_CASE(address_is_a_path_or_host_and_port) {
    for (const AddressRow& row : addresses)
        BOOST_TEST_CONTEXT(row.name << ": " << row.text) { BOOST_TEST(parsed(row.text) == row.expected); }
}

// Unix sockets

BOOST_AUTO_TEST_CASE(socket_has_its_mode_whatever_the_umask) {
    const TemporaryFolder folder;
    for (const mode_t mode : {0600u, 0660u, 0666u, 0777u, 0400u}) {
        BOOST_TEST_CONTEXT("mode " << std::oct << mode) {
            const std::filesystem::path path = folder / "socket";
            const mode_t before = umask(0077);
            const Listener listener(local(path), mode);
            BOOST_TEST(umask(before) == 0077u);  // it is put back
            struct stat status {};
            BOOST_TEST_REQUIRE(lstat(path.c_str(), &status) == 0);
            BOOST_TEST(S_ISSOCK(status.st_mode));
            BOOST_TEST((status.st_mode & 07777) == mode);
        }
    }
}

BOOST_AUTO_TEST_CASE(socket_listens_and_is_not_inherited) {
    const TemporaryFolder folder;
    const Listener listener(local(folder / "socket"), 0600);
    BOOST_TEST(is_listening_socket(listener.fd()));
    BOOST_TEST(connects(unix_address(folder / "socket")));
    BOOST_TEST((fcntl(listener.fd(), F_GETFD) & FD_CLOEXEC) != 0);
}

BOOST_AUTO_TEST_CASE(socket_of_a_dead_process_is_replaced) {
    const TemporaryFolder folder;
    leave_socket_behind(folder / "socket");
    BOOST_TEST(!connects(unix_address(folder / "socket")));
    const Listener listener(local(folder / "socket"), 0600);
    BOOST_TEST(connects(unix_address(folder / "socket")));
}

BOOST_AUTO_TEST_CASE(socket_of_a_live_process_is_refused) {
    const TemporaryFolder folder;
    const Listener first(local(folder / "socket"), 0600);
    const std::string message = refusal(local(folder / "socket"));
    BOOST_TEST(contains(message, (folder / "socket").native() + ": another process listens there"), message);
    BOOST_TEST(connects(unix_address(folder / "socket")));
}

BOOST_AUTO_TEST_CASE(socket_of_a_live_process_with_a_full_queue_is_refused) {
    const TemporaryFolder folder;
    const posix::UniqueFd busy = new_socket(AF_UNIX, SOCK_STREAM);
    BOOST_REQUIRE(bind_to(busy.get(), unix_address(folder / "socket")) && listen(busy.get(), 0) == 0);
    const posix::UniqueFd waiting = new_socket(AF_UNIX, SOCK_STREAM);
    const sockaddr_un address = unix_address(folder / "socket");
    BOOST_REQUIRE(connect(waiting.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    const std::string message = refusal(local(folder / "socket"));
    BOOST_TEST(contains(message, "another process listens there"), message);
    BOOST_TEST(std::filesystem::is_socket(folder / "socket"));
}

BOOST_AUTO_TEST_CASE(regular_file_is_not_touched) {
    const TemporaryFolder folder;
    const std::filesystem::path path = folder.write("socket", "precious");
    const std::string message = refusal(local(path));
    BOOST_TEST(contains(message, path.native() + ": exists and is not a socket"), message);
    BOOST_TEST(read_file(path) == "precious");
}

BOOST_AUTO_TEST_CASE(symbolic_link_is_not_followed) {
    const TemporaryFolder folder;
    leave_socket_behind(folder / "elsewhere");
    std::filesystem::create_symlink(folder / "elsewhere", folder / "socket");
    BOOST_TEST(contains(refusal(local(folder / "socket")), "exists and is not a socket"));
    BOOST_TEST(std::filesystem::is_symlink(folder / "socket"));
    BOOST_TEST(std::filesystem::is_socket(folder / "elsewhere"));
}

BOOST_AUTO_TEST_CASE(datagram_socket_is_not_touched) {
    const TemporaryFolder folder;
    const posix::UniqueFd datagram = new_socket(AF_UNIX, SOCK_DGRAM);
    BOOST_REQUIRE(bind_to(datagram.get(), unix_address(folder / "socket")));
    BOOST_TEST(contains(refusal(local(folder / "socket")), "listen " + (folder / "socket").native()));
    BOOST_TEST(std::filesystem::is_socket(folder / "socket"));
}

BOOST_AUTO_TEST_CASE(folder_that_is_missing) {
    const TemporaryFolder folder;
    const std::string path = (folder / "missing/socket").native();
    BOOST_TEST(refusal(local(path)) == "listen " + path + ": make a socket in " + (folder / "missing").native() +
                                           ": No such file or directory");
}

BOOST_AUTO_TEST_CASE(path_as_long_as_it_may_be_and_longer) {
    constexpr std::size_t longest = sizeof sockaddr_un{}.sun_path - 1;
    const TemporaryFolder folder;
    const std::string begin = (folder / "").native();
    BOOST_REQUIRE(begin.size() < longest);
    const std::string path = begin + std::string(longest - begin.size(), 'x');
    {
        const Listener listener(local(path), 0600);
        BOOST_TEST(std::filesystem::is_socket(path));
    }
    BOOST_TEST(!std::filesystem::exists(path));
    const std::string message = refusal(local(path + "x"));
    BOOST_TEST(contains(message, path + "x: the path of a Unix socket has at most 107 bytes"), message);
    BOOST_TEST(std::filesystem::is_empty(folder.path()));
}

/// Which is no reason not to listen there.
BOOST_AUTO_TEST_CASE(folder_that_cannot_be_read_and_so_not_locked) {
    const TemporaryFolder folder;
    const std::filesystem::path unread = folder.make_folder("unread");
    std::filesystem::permissions(unread, std::filesystem::perms{0333});
    BOOST_TEST(as_ordinary_user([&] {
        leave_socket_behind(unread / "socket");
        const Listener listener(local(unread / "socket"), 0600);
        return std::string{connects(unix_address(unread / "socket")) ? "listens" : "does not"};
    }) == "listens");
}

BOOST_AUTO_TEST_CASE(folder_is_not_locked_while_it_listens) {
    const TemporaryFolder folder;
    const Listener first(local(folder / "first"), 0600);
    BOOST_TEST(refusal(local(folder / "second")) == "nothing thrown");
    const posix::UniqueFd opened{open(folder.path().c_str(), O_RDONLY | O_CLOEXEC)};
    BOOST_TEST(flock(opened.get(), LOCK_EX | LOCK_NB) == 0);
}

// What is removed at the end

BOOST_AUTO_TEST_CASE(own_socket_is_removed_at_the_end) {
    const TemporaryFolder folder;
    { const Listener listener(local(folder / "socket"), 0600); }
    BOOST_TEST(std::filesystem::is_empty(folder.path()));
}

BOOST_AUTO_TEST_CASE(somebody_elses_socket_in_its_place_stays) {
    const TemporaryFolder folder;
    {
        const Listener listener(local(folder / "socket"), 0600);
        leave_socket_behind(folder / "new");
        std::filesystem::rename(folder / "new", folder / "socket");
    }
    BOOST_TEST(std::filesystem::is_socket(folder / "socket"));
}

BOOST_AUTO_TEST_CASE(somebody_elses_file_in_its_place_stays) {
    const TemporaryFolder folder;
    {
        const Listener listener(local(folder / "socket"), 0600);
        std::filesystem::remove(folder / "socket");
        folder.write("socket", "precious");
    }
    BOOST_TEST(read_file(folder / "socket") == "precious");
}

BOOST_AUTO_TEST_CASE(inherited_socket_is_not_removed) {
    const TemporaryFolder folder;
    posix::UniqueFd fd = new_socket(AF_UNIX, SOCK_STREAM);
    BOOST_REQUIRE(bind_to(fd.get(), unix_address(folder / "socket")) && listen(fd.get(), 1) == 0);
    { const Listener listener{std::move(fd)}; }
    BOOST_TEST(std::filesystem::is_socket(folder / "socket"));
}

// TCP: ports that were free a moment ago

BOOST_AUTO_TEST_CASE(host_and_port) {
    posix::UniqueFd placeholder = new_socket(AF_INET, SOCK_STREAM);
    const sockaddr_in address = loopback_address(placeholder.get());
    placeholder = posix::UniqueFd{};
    const Listener listener(InternetAddress{"127.0.0.1", std::to_string(ntohs(address.sin_port))}, 0600);
    BOOST_TEST(is_listening_socket(listener.fd()));
    BOOST_TEST(connects(address));
}

BOOST_AUTO_TEST_CASE(port_in_use) {
    const posix::UniqueFd other = new_socket(AF_INET, SOCK_STREAM);
    const std::string port = std::to_string(ntohs(loopback_address(other.get()).sin_port));
    BOOST_REQUIRE(listen(other.get(), 1) == 0);
    const std::string message = refusal(InternetAddress{"127.0.0.1", port});
    BOOST_TEST(message == "listen 127.0.0.1 port " + port + ": Address already in use");
}

BOOST_AUTO_TEST_CASE(host_that_is_none) {
    const std::string message = refusal(InternetAddress{"::zz", "9"});
    BOOST_TEST(contains(message, "listen ::zz port 9: "), message);
}

// Looking alone: what would be refused, and nothing changed

BOOST_AUTO_TEST_CASE(checked_path_that_is_free) {
    const TemporaryFolder folder;
    BOOST_TEST(!check_address(local(folder / "socket")));
    BOOST_TEST(std::filesystem::is_empty(folder.path()));
}

BOOST_AUTO_TEST_CASE(checked_socket_of_a_dead_process) {
    const TemporaryFolder folder;
    leave_socket_behind(folder / "socket");
    BOOST_TEST(!check_address(local(folder / "socket")));
    BOOST_TEST(std::filesystem::is_socket(folder / "socket"));
}

BOOST_AUTO_TEST_CASE(checked_socket_of_a_process_of_this_program) {
    const TemporaryFolder folder;
    const Listener first(local(folder / "socket"), 0600);
    BOOST_TEST((check_address(local(folder / "socket")) == getpid()));
}

BOOST_AUTO_TEST_CASE(checked_path_that_is_no_socket) {
    const TemporaryFolder folder;
    const auto refused = [](const std::filesystem::path& path) {
        return message_of<std::exception>([&] { check_address(local(path)); });
    };
    const std::filesystem::path file = folder.write("file", "precious");
    BOOST_TEST(contains(refused(file), "exists and is not a socket"));
    BOOST_TEST(contains(refused(file / "socket"), "make a socket in " + file.native() + ": Not a directory"));
    BOOST_TEST(contains(refused(folder / "none/socket"), "/none: No such file or directory"));
    BOOST_TEST(contains(refused((folder / std::string(110, 'x')).native()), "107 bytes"));
    BOOST_TEST(read_file(file) == "precious");
}

/// What both who looks and who would listen say, to a user whom modes bind; "differ: ..." where they do not agree.
std::string refused_both(const std::filesystem::path& path) {
    const std::string checked = message_of<std::exception>([&] { check_address(local(path)); });
    const std::string tried = refusal(local(path));
    return checked == tried ? checked : "differ: " + checked + " | " + tried;
}

BOOST_AUTO_TEST_CASE(missing_right_is_named) {
    const TemporaryFolder folder;
    const Listener first(local(folder / "socket"), 0);
    folder.make_folder("closed");
    std::filesystem::permissions(folder / "closed", std::filesystem::perms{0500});
    std::string said = as_ordinary_user([&] { return refused_both(folder / "socket"); });
    std::string begin = "listen " + (folder / "socket").native() + ": a socket is there, and user ";
    BOOST_TEST(said.starts_with(begin), said);
    BOOST_TEST(contains(said, " and has mode 0000; where it is reelgate.socket's, leave listen out"), said);
    said = as_ordinary_user([&] { return refused_both(folder / "closed/socket"); });
    begin = "listen " + (folder / "closed/socket").native() + ": " + (folder / "closed").native() + ": user ";
    BOOST_TEST(said.starts_with(begin), said);
    BOOST_TEST(contains(said, " may not make files in it, which is "), said);
    BOOST_TEST(contains(said, "and has mode 0500; `ch"), said);
}

BOOST_AUTO_TEST_CASE(socket_of_the_first_process) {
    const TemporaryFolder folder;
    const std::string said = in_child([&] {
        if (unshare(geteuid() == 0 ? CLONE_NEWPID : CLONE_NEWPID | CLONE_NEWUSER) != 0)
            fail_test("unshare", "process ids");
        return in_child([&] {
            if (getpid() != 1) return std::string{"is not the first process"};
            const Listener first(local(folder / "socket"), 0600);
            return refused_both(folder / "socket");
        });
    });
    BOOST_TEST(said == "listen " + (folder / "socket").native() +
                           ": systemd listens there (reelgate.socket?): leave listen out, the socket is handed over");
}

BOOST_AUTO_TEST_CASE(checked_port) {
    const posix::UniqueFd other = new_socket(AF_INET, SOCK_STREAM);
    const sockaddr_in address = loopback_address(other.get());
    const InternetAddress checked{"127.0.0.1", std::to_string(ntohs(address.sin_port))};
    BOOST_REQUIRE(listen(other.get(), 1) == 0);
    BOOST_TEST(contains(message_of<std::exception>([&] { check_address(checked); }), "Address already in use"));
}

// FastCGI 1.0 §2.2: is this descriptor a listening socket?

BOOST_AUTO_TEST_CASE(descriptors_that_are_no_listening_stream_socket) {
    const TemporaryFolder folder;
    int pipe_ends[2], pair[2];
    BOOST_REQUIRE(pipe2(pipe_ends, O_CLOEXEC) == 0);
    BOOST_REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
    const posix::UniqueFd read_end{pipe_ends[0]}, write_end{pipe_ends[1]}, connected{pair[0]}, peer{pair[1]};
    const posix::UniqueFd file{open("/dev/null", O_RDONLY | O_CLOEXEC)};
    const posix::UniqueFd unbound = new_socket(AF_UNIX, SOCK_STREAM);
    const posix::UniqueFd datagram = new_socket(AF_UNIX, SOCK_DGRAM);
    BOOST_REQUIRE(bind_to(datagram.get(), unix_address(folder / "datagram")));
    const posix::UniqueFd packets = new_socket(AF_UNIX, SOCK_SEQPACKET);
    BOOST_REQUIRE(bind_to(packets.get(), unix_address(folder / "packets")) && listen(packets.get(), 1) == 0);
    const posix::UniqueFd listening = new_socket(AF_UNIX, SOCK_STREAM);
    BOOST_REQUIRE(bind_to(listening.get(), unix_address(folder / "stream")) && listen(listening.get(), 1) == 0);

    const struct {
        std::string_view name;
        int fd = -1;
        bool expected = false;
    } rows[] = {
        {.name = "no_descriptor", .fd = -1},
        {.name = "pipe", .fd = read_end.get()},
        {.name = "device", .fd = file.get()},
        {.name = "connected_socket", .fd = connected.get()},
        {.name = "stream_socket_that_does_not_listen", .fd = unbound.get()},
        {.name = "datagram_socket", .fd = datagram.get()},
        {.name = "listening_socket_of_packets", .fd = packets.get()},
        {.name = "listening_stream_socket", .fd = listening.get(), .expected = true},
    };
    for (const auto& row : rows)
        BOOST_TEST_CONTEXT(row.name) { BOOST_TEST(is_listening_socket(row.fd) == row.expected); }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::gateway
