// Owns the tests of the CGI header block.
// SPDX-License-Identifier: MIT
#include "gateway/header_block.h"

#include <boost/test/unit_test.hpp>

namespace reelgate::gateway {
namespace {

struct BlockRow {
    std::string_view name;
    http::Response response;
    std::string_view expected;
};

// RFC 3875 §6.2.1, §6.3: a Status always, then the fields in their order, then an empty line
const BlockRow blocks[] = {
    {.name = "status_even_for_200", .response = {200, {}, {}}, .expected = "Status: 200 OK\r\n\r\n"},
    {.name = "fields_in_their_order",
     .response = {206,
                  {{"Content-Type", "video/mp4"}, {"Content-Range", "bytes 0-3/1000"}, {"Content-Length", "4"}},
                  {}},
     .expected = "Status: 206 Partial Content\r\nContent-Type: video/mp4\r\nContent-Range: bytes 0-3/1000\r\n"
                 "Content-Length: 4\r\n\r\n"},
    {.name = "empty_field_value", .response = {404, {{"Cache-Control", ""}}, {}},
     .expected = "Status: 404 Not Found\r\nCache-Control: \r\n\r\n"},
    {.name = "field_twice", .response = {200, {{"Vary", "Origin"}, {"Vary", "Range"}}, {}},
     .expected = "Status: 200 OK\r\nVary: Origin\r\nVary: Range\r\n\r\n"},
    {.name = "pieces_are_not_part_of_it", .response = {503, {}, {"content", http::ByteRange{0, 9}}},
     .expected = "Status: 503 Service Unavailable\r\n\r\n"},
};

BOOST_AUTO_TEST_SUITE(gateway_header_block)

BOOST_AUTO_TEST_CASE(block_is_status_fields_and_an_empty_line) {
    for (const BlockRow& row : blocks)
        BOOST_TEST_CONTEXT(row.name) { BOOST_TEST(format_header_block(row.response) == row.expected); }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::gateway
