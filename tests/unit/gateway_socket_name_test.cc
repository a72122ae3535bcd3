// Owns the tests of the names of Unix sockets.
// SPDX-License-Identifier: MIT
#include "gateway/socket_name.h"

#include <boost/test/unit_test.hpp>

#include <string>

namespace reelgate::gateway {
namespace {

using namespace std::string_literals;

struct NameRow {
    std::string_view situation;
    std::string text;
    std::string bytes;  ///< of the address behind its family; empty if there is no name
};

const NameRow names[] = {
    {"path", "/run/a.sock", "/run/a.sock\0"s},
    {"longest_path", std::string(107, '/'), std::string(107, '/') + '\0'},
    {"longer_path", std::string(108, '/'), ""},
    {"abstract", "@a", "\0a"s},
    {"at_sign_within", "/a@b", "/a@b\0"s},
    {"longest_abstract", "@" + std::string(106, 'a'), '\0' + std::string(106, 'a')},
    {"longer_abstract", "@" + std::string(107, 'a'), ""},
};

BOOST_AUTO_TEST_CASE(gateway_socket_name) {
    for (const NameRow& row : names) {
        BOOST_TEST_CONTEXT(row.situation) {
            const auto socket = socket_name(row.text);
            BOOST_TEST(socket.has_value() == !row.bytes.empty());
            if (!socket) continue;
            BOOST_TEST(socket->address()->sa_family == AF_UNIX);
            const std::string bytes{socket->name.sun_path, socket->length - offsetof(sockaddr_un, sun_path)};
            BOOST_TEST((bytes == row.bytes), bytes);
        }
    }
}

}  // namespace
}  // namespace reelgate::gateway
