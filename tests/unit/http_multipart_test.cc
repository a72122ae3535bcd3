// Owns the tests of multipart/byteranges, byte by byte.
// Does not test when an answer has that form: http_plan_test.cc does.
// SPDX-License-Identifier: MIT
#include "http/multipart.h"

#include <boost/test/unit_test.hpp>

#include "position_coded.h"

namespace reelgate::http {
namespace {

/// Writes the content as it goes out, out of a file of position-coded bytes.
std::string rendered(const std::vector<Piece>& pieces, std::size_t complete_length) {
    const std::string content = position_coded(complete_length);
    std::string text;
    for (const Piece& piece : pieces) {
        const auto* literal = std::get_if<std::string>(&piece);
        const auto* range = std::get_if<ByteRange>(&piece);
        text += literal ? *literal : content.substr(range->first_pos, range->length());
    }
    return text;
}

BOOST_AUTO_TEST_SUITE(http_multipart)

// RFC 9110 §14.6, RFC 2046 §5.1.1

struct PartsRow {
    std::string_view name;
    std::vector<ByteRange> ranges;
    std::size_t complete_length = 1000;
    std::string media_type = "video/mp4";
    std::string_view boundary = "B";
    std::string_view expected;
};

const PartsRow parts[] = {
    {.name = "two_parts", .ranges = {{0, 7}, {16, 31}},
     .expected = "--B\r\nContent-Type: video/mp4\r\nContent-Range: bytes 0-7/1000\r\n\r\n0000000|\r\n"
                 "--B\r\nContent-Type: video/mp4\r\nContent-Range: bytes 16-31/1000\r\n\r\n0000016|0000024|\r\n"
                 "--B--\r\n"},
    {.name = "in_the_order_given", .ranges = {{992, 999}, {4, 4}, {8, 9}},
     .expected = "--B\r\nContent-Type: video/mp4\r\nContent-Range: bytes 992-999/1000\r\n\r\n0000992|\r\n"
                 "--B\r\nContent-Type: video/mp4\r\nContent-Range: bytes 4-4/1000\r\n\r\n0\r\n"
                 "--B\r\nContent-Type: video/mp4\r\nContent-Range: bytes 8-9/1000\r\n\r\n00\r\n"
                 "--B--\r\n"},
    {.name = "other_media_type_and_boundary", .ranges = {{0, 0}, {2, 2}}, .complete_length = 9,
     .media_type = "video/webm; codecs=\"vp9\"", .boundary = "0123456789abcdef",
     .expected = "--0123456789abcdef\r\nContent-Type: video/webm; codecs=\"vp9\"\r\nContent-Range: bytes 0-0/9\r\n\r\n"
                 "0\r\n"
                 "--0123456789abcdef\r\nContent-Type: video/webm; codecs=\"vp9\"\r\nContent-Range: bytes 2-2/9\r\n\r\n"
                 "0\r\n"
                 "--0123456789abcdef--\r\n"},
    {.name = "one_part", .ranges = {{8, 15}},
     .expected = "--B\r\nContent-Type: video/mp4\r\nContent-Range: bytes 8-15/1000\r\n\r\n0000008|\r\n--B--\r\n"},
};

BOOST_AUTO_TEST_CASE(part_is_delimiter_head_and_bytes) {
    for (const PartsRow& row : parts) {
        BOOST_TEST_CONTEXT(row.name) {
            const Representation representation{.complete_length = row.complete_length, .media_type = row.media_type};
            const auto pieces = multipart_pieces(row.ranges, representation, row.boundary);
            BOOST_TEST(rendered(pieces, row.complete_length) == row.expected);
            BOOST_TEST(content_length({206, {}, pieces}) == row.expected.size());
        }
    }
}

BOOST_AUTO_TEST_CASE(bytes_of_the_file_stay_pieces) {
    const Representation representation{.complete_length = 5'368'709'120, .media_type = "video/mp4"};
    const std::vector<ByteRange> ranges{{4'294'967'296, 5'368'709'119}, {0, 0}};
    const auto pieces = multipart_pieces(ranges, representation, "B");
    BOOST_REQUIRE(pieces.size() == 5u);
    BOOST_TEST(std::get<std::string>(pieces[0]) ==
               "--B\r\nContent-Type: video/mp4\r\nContent-Range: bytes 4294967296-5368709119/5368709120\r\n\r\n");
    BOOST_TEST((std::get<ByteRange>(pieces[1]) == ranges[0]));
    BOOST_TEST((std::get<ByteRange>(pieces[3]) == ranges[1]));
}

BOOST_AUTO_TEST_CASE(media_type_names_the_boundary) {
    BOOST_TEST(multipart_media_type("0123abcd") == "multipart/byteranges; boundary=0123abcd");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::http
