// Owns the question who may connect: FCGI_WEB_SERVER_ADDRS (FastCGI 1.0 §3.2).
// Does not read the environment, nor close anything.
// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include <sys/socket.h>

namespace reelgate::gateway {

/// The web servers' addresses that may connect; every peer may where there is no list.
class Peers {
public:
    /// Takes the value of FCGI_WEB_SERVER_ADDRS, IP addresses with commas between them; a null pointer is no list.
    /// Throws std::runtime_error for what is no address.
    explicit Peers(const char* web_server_addresses);

    bool is_everybody() const { return !is_list_; }

    /// Whether a peer with this address may connect. "The possibility that the connection didn't use TCP/IP transport"
    /// counts as not being in the list.
    bool admits(const sockaddr_storage& peer) const;

private:
    bool is_list_ = false;
    std::vector<std::string> addresses_;  ///< as IPv6 in network byte order; IPv4 is mapped into it
};

}  // namespace reelgate::gateway
