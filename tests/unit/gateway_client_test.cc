// Owns the tests of asking a FastCGI responder, as far as nobody has to answer: tests/server/status_command_test.py does
// the rest.
// SPDX-License-Identifier: MIT
#include "gateway/client.h"

#include <boost/test/unit_test.hpp>

namespace reelgate::gateway {
namespace {

BOOST_AUTO_TEST_SUITE(gateway_client)

BOOST_AUTO_TEST_CASE(address_is_formatted_as_it_is_parsed) {
    for (const std::string_view text : {"unix:/run/reelgate.sock", "127.0.0.1:9000", "localhost:1", "[::1]:9000"})
        BOOST_TEST(format_address(std::get<Address>(parse_address(text))) == text);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::gateway
