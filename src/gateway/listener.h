// Owns the listening socket: parses its address, creates it, and recognises an inherited one.
// Does not accept connections.
// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "posix/file_id.h"
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

/// What is wrong with the text of an address.
struct AddressFlaw {
    std::string_view cause;
    std::string_view remedy = {};
};

/// Parses "unix:/path", "host:port" or "[v6]:port".
std::variant<Address, AddressFlaw> parse_address(std::string_view text);

/// Owns a listening socket and, if this created a Unix socket, its file, which the destructor removes.
class Listener {
public:
    /// Binds and listens. A Unix socket gets `mode`. It replaces the socket of a dead process, never a live one or any
    /// other file. Processes that start or stop on one path take turns: each locks the folder, and waits some seconds
    /// for the lock. Throws posix::FailureError.
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
    std::string path_;        ///< empty if there is nothing to remove
    posix::UniqueFd folder_;  ///< of the socket, to be locked; none if it cannot be opened
    posix::FileId file_;
};

/// Checks whether a Listener could listen at `address`, without changing anything. Throws what the Listener would
/// throw. If another process of this program listens on the Unix socket, returns its process id instead: it will have
/// ended when its successor starts.
std::optional<pid_t> check_address(const Address& address);

/// Returns whether a descriptor is a stream socket that listens.
bool is_listening_socket(int fd);

}  // namespace reelgate::gateway
