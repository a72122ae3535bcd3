// Owns the list of peers that may connect: FCGI_WEB_SERVER_ADDRS (FastCGI 1.0 §3.2).
// Neither reads the environment nor closes connections.
// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include <sys/socket.h>

namespace reelgate::gateway {

/// Addresses of the web servers that may connect. Without a list every peer may.
class Peers {
public:
    /// Takes the value of FCGI_WEB_SERVER_ADDRS, IP addresses separated by commas; a null pointer is no list. Throws
    /// posix::FailureError if one is not an address.
    explicit Peers(const char* web_server_addresses);

    bool is_everybody() const { return !is_list_; }

    /// Returns whether a peer with this address may connect. "The possibility that the connection didn't use TCP/IP
    /// transport" counts as not being in the list.
    bool admits(const sockaddr_storage& peer) const;

private:
    bool is_list_ = false;
    std::vector<std::string> addresses_;  ///< as IPv6 in network byte order; IPv4 as mapped addresses
};

}  // namespace reelgate::gateway
