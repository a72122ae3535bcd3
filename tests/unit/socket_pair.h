// Owns two ends of one connection: ours, and a peer's that the test plays.
// Does not read or write.
// SPDX-License-Identifier: MIT
#pragma once

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "fail_test.h"
#include "posix/unique_fd.h"

namespace reelgate {

/// Our end does not block; a peer's end over TCP does.
struct SocketPair {
    posix::UniqueFd connection, peer;
};

inline SocketPair pair_of_unix_sockets() {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0)
        fail_test("make", "pair of sockets");
    return {posix::UniqueFd{ends[0]}, posix::UniqueFd{ends[1]}};
}

/// Makes a pair over TCP, with windows so narrow that it takes part of a record at a time.
inline SocketPair narrow_pair_over_tcp() {
    const int narrow = 2048;
    SocketPair pair;
    sockaddr_in address{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    socklen_t length = sizeof address;
    const posix::UniqueFd listener{socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    setsockopt(listener.get(), SOL_SOCKET, SO_RCVBUF, &narrow, sizeof narrow);
    pair.connection = posix::UniqueFd{socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    setsockopt(pair.connection.get(), SOL_SOCKET, SO_SNDBUF, &narrow, sizeof narrow);
    if (bind(listener.get(), generic, length) != 0 || listen(listener.get(), 1) != 0 ||
        getsockname(listener.get(), generic, &length) != 0 || connect(pair.connection.get(), generic, length) != 0 ||
        fcntl(pair.connection.get(), F_SETFL, O_NONBLOCK) != 0)
        fail_test("prepare", "connection over TCP");
    pair.peer = posix::UniqueFd{accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC)};
    if (!pair.peer) fail_test("accept", "connection over TCP");
    return pair;
}

/// Makes a socket hold as little as the kernel lets it.
inline void shrink(const posix::UniqueFd& socket) {
    const int least = 1;
    if (setsockopt(socket.get(), SOL_SOCKET, SO_SNDBUF, &least, sizeof least) != 0)
        fail_test("shrink", "socket");
}

}  // namespace reelgate
