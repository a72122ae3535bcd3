// Owns the list of peers that may connect: FCGI_WEB_SERVER_ADDRS (FastCGI 1.0 §3.2).
// SPDX-License-Identifier: MIT
#include "gateway/peers.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>

#include "posix/failure.h"

namespace reelgate::gateway {

namespace {

/// Returns an IPv4 address as a dual-stack IPv6 socket shows it (RFC 4291 §2.5.5.2).
std::string mapped(const in_addr& address) {
    std::string bytes(10, '\0');
    bytes.append(2, '\xff').append(reinterpret_cast<const char*>(&address), sizeof address);
    return bytes;
}

std::string bytes_of(const in6_addr& address) { return {reinterpret_cast<const char*>(&address), sizeof address}; }

std::string parse_ip_address(const std::string& text) {
    in_addr four;
    if (inet_pton(AF_INET, text.c_str(), &four) == 1) return mapped(four);
    in6_addr six;
    if (inet_pton(AF_INET6, text.c_str(), &six) == 1) return bytes_of(six);
    posix::fail("peers-no-address", text);
}

}  // namespace

Peers::Peers(const char* web_server_addresses) : is_list_(web_server_addresses != nullptr) {
    if (!is_list_) return;
    std::string_view rest{web_server_addresses};
    while (true) {
        const auto comma = rest.find(',');
        addresses_.push_back(parse_ip_address(std::string{rest.substr(0, comma)}));
        if (comma == std::string_view::npos) return;
        rest.remove_prefix(comma + 1);
    }
}

bool Peers::admits(const sockaddr_storage& peer) const {
    if (!is_list_) return true;
    std::string address;
    if (peer.ss_family == AF_INET) {
        sockaddr_in four;
        std::memcpy(&four, &peer, sizeof four);
        address = mapped(four.sin_addr);
    } else if (peer.ss_family == AF_INET6) {
        sockaddr_in6 six;
        std::memcpy(&six, &peer, sizeof six);
        address = bytes_of(six.sin6_addr);
    }
    return std::find(addresses_.begin(), addresses_.end(), address) != addresses_.end();
}

}  // namespace reelgate::gateway
