// Owns the names of Unix sockets, as the kernel takes them (unix(7)).
// Does not connect or bind.
// SPDX-License-Identifier: MIT
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>

namespace reelgate::gateway {

/// Limit on the bytes of a name: an address has no room for more.
inline constexpr std::size_t max_socket_name = sizeof sockaddr_un{}.sun_path - 1;

struct SocketName {
    sockaddr_un name{};
    socklen_t length = 0;

    /// Returns the form that connect(2) and its like take. Valid while this lives.
    const sockaddr* address() const { return reinterpret_cast<const sockaddr*>(&name); }
};

/// Returns the name of a socket: a path, or an abstract name after @. Nothing if it is longer than max_socket_name.
inline std::optional<SocketName> socket_name(std::string_view text) {
    if (text.size() > max_socket_name) return std::nullopt;
    SocketName socket;
    socket.name.sun_family = AF_UNIX;
    std::copy(text.begin(), text.end(), socket.name.sun_path);
    // A zero byte ends a path; it begins an abstract name, in which every byte counts.
    const bool is_abstract = text.starts_with('@');
    if (is_abstract) socket.name.sun_path[0] = '\0';
    socket.length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + text.size() + (is_abstract ? 0 : 1));
    return socket;
}

}  // namespace reelgate::gateway
