// Owns the tests of who may connect.
// SPDX-License-Identifier: MIT
#include "gateway/peers.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <boost/test/unit_test.hpp>
#include <cstring>

#include "messages.h"

namespace reelgate::gateway {
namespace {

sockaddr_storage peer_at(std::string_view address) {
    sockaddr_storage peer{};
    if (address.empty()) {
        peer.ss_family = AF_UNIX;
    } else if (address.find(':') == std::string_view::npos) {
        auto& four = reinterpret_cast<sockaddr_in&>(peer);
        four.sin_family = AF_INET;
        BOOST_REQUIRE(inet_pton(AF_INET, std::string{address}.c_str(), &four.sin_addr) == 1);
    } else {
        auto& six = reinterpret_cast<sockaddr_in6&>(peer);
        six.sin6_family = AF_INET6;
        BOOST_REQUIRE(inet_pton(AF_INET6, std::string{address}.c_str(), &six.sin6_addr) == 1);
    }
    return peer;
}

struct PeerRow {
    std::string_view name;
    const char* list = nullptr;
    std::string_view peer;  ///< empty: over a Unix socket
    bool is_admitted = false;
};

const PeerRow rows[] = {
    {.name = "no_list", .peer = "192.0.2.1", .is_admitted = true},
    {.name = "no_list_and_a_unix_socket", .peer = "", .is_admitted = true},
    {.name = "the_only_one", .list = "192.0.2.1", .peer = "192.0.2.1", .is_admitted = true},
    {.name = "one_of_several", .list = "192.0.2.7,192.0.2.1,2001:db8::1", .peer = "192.0.2.1", .is_admitted = true},
    {.name = "the_last_of_several", .list = "192.0.2.7,2001:db8::1", .peer = "2001:db8::1", .is_admitted = true},
    {.name = "not_in_the_list", .list = "192.0.2.7,2001:db8::1", .peer = "192.0.2.1"},
    {.name = "of_the_other_version", .list = "2001:db8::1", .peer = "192.0.2.1"},
    {.name = "ipv4_at_a_socket_of_both", .list = "192.0.2.1", .peer = "::ffff:192.0.2.1", .is_admitted = true},
    {.name = "unix_socket", .list = "192.0.2.1", .peer = ""},
};

BOOST_AUTO_TEST_SUITE(gateway_peers)

BOOST_AUTO_TEST_CASE(peer_is_admitted_or_not) {
    for (const PeerRow& row : rows) {
        BOOST_TEST_CONTEXT(row.name) { BOOST_TEST(Peers{row.list}.admits(peer_at(row.peer)) == row.is_admitted); }
    }
}

BOOST_AUTO_TEST_CASE(list_that_is_none) {
    for (const char* list : {"", "localhost", "192.0.2.1,", ",192.0.2.1", "192.0.2.1, 192.0.2.2", "192.0.2.256"}) {
        BOOST_TEST_CONTEXT('"' << list << '"') {
            const std::string text = message_of<posix::FailureError>([&] { Peers{list}; });
            BOOST_TEST(contains(text, "environment variable FCGI_WEB_SERVER_ADDRS: \""), text);
            BOOST_TEST(contains(text, "\": not an IP address"), text);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::gateway
