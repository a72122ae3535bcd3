// Owns the listening socket: parsing its address, making it, recognising one that was inherited.
// Does not accept connections.
// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "posix/unique_fd.h"

namespace reelgate::gateway {

/// unix:/path
struct UnixAddress {
    std::string path;
};

/// host:port or [v6]:port. A name stands for the first of its addresses.
struct InternetAddress {
    std::string host;
    std::string port;
};

using Address = std::variant<UnixAddress, InternetAddress>;

/// Parses "unix:/path", "host:port" or "[v6]:port". Throws std::invalid_argument with the reason alone.
Address parse_address(std::string_view text);

/// A listening socket, and the file to remove at the end where it is a Unix socket of our own.
class Listener {
public:
    /// Binds and listens. A Unix socket gets `mode`; one that a dead process left behind is replaced, a live one and
    /// any other file are not. Processes that begin or end at once on one path take turns: each locks the folder, for
    /// which it waits some seconds. Throws std::system_error, or std::runtime_error with object, cause and remedy.
    Listener(const Address& address, mode_t mode);

    /// Takes over an inherited descriptor (FastCGI 1.0 §2.2), for which is_listening_socket() holds.
    explicit Listener(posix::UniqueFd inherited) : fd_(std::move(inherited)) {}

    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;
    ~Listener();

    int fd() const { return fd_.get(); }

private:
    void remove_own_socket() const noexcept;

    posix::UniqueFd fd_;
    std::string path_;        ///< empty when there is nothing to remove
    posix::UniqueFd folder_;  ///< of the socket, where it can be read: what is locked
    dev_t device_ = 0;
    ino_t inode_ = 0;
};

/// Finds out whether a Listener could listen there, and changes nothing. Throws what that would throw; but where
/// another process of this program listens on a Unix socket, gives its process id instead: that one will be gone when
/// its successor starts.
std::optional<pid_t> check_address(const Address& address);

/// Tells whether a descriptor is a stream socket that listens.
bool is_listening_socket(int fd);

}  // namespace reelgate::gateway
