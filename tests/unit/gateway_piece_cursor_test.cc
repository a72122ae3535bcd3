// Owns the tests of the place in a response's content: which bytes come next, and what is kept of those that went.
// SPDX-License-Identifier: MIT
#include "gateway/piece_cursor.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

namespace reelgate::gateway {
namespace {

using Next = PieceCursor::Next;

constexpr std::uint64_t everything = std::uint64_t{1} << 40;

/// Says what comes next: "text REST", "FIRST-LAST" of a range, or "end".
std::string describe(const PieceCursor& cursor) {
    switch (cursor.next()) {
        case Next::text:
            BOOST_TEST(cursor.left() == cursor.text().size());
            return "text " + std::string{cursor.text()};
        case Next::range:
            return std::to_string(cursor.position()) + "-" + std::to_string(cursor.position() + cursor.left() - 1);
        case Next::end: break;
    }
    BOOST_TEST(cursor.left() == 0u);
    return "end";
}

/// Goes to the end by up to `step` bytes at a time, and says what came next each time.
std::string walk(PieceCursor cursor, std::uint64_t step) {
    std::string walked = describe(cursor);
    while (cursor.next() != Next::end) {
        cursor.advance(std::min(step, cursor.left()));
        walked += ", " + describe(cursor);
    }
    return walked;
}

BOOST_AUTO_TEST_SUITE(gateway_piece_cursor)

struct WalkRow {
    std::string_view name;
    std::vector<http::Piece> pieces;
    std::uint64_t step = everything;
    std::string_view expected;
};

const WalkRow walks[] = {
    {.name = "no_pieces", .pieces = {}, .expected = "end"},
    {.name = "empty_texts", .pieces = {"", ""}, .expected = "end"},
    {.name = "text", .pieces = {"abc"}, .expected = "text abc, end"},
    {.name = "text_by_bytes", .pieces = {"abc"}, .step = 1, .expected = "text abc, text bc, text c, end"},
    {.name = "range", .pieces = {http::ByteRange{5, 9}}, .expected = "5-9, end"},
    {.name = "first_byte", .pieces = {http::ByteRange{0, 0}}, .expected = "0-0, end"},
    {.name = "range_in_steps", .pieces = {http::ByteRange{5, 9}}, .step = 2, .expected = "5-9, 7-9, 9-9, end"},
    {.name = "text_and_ranges_in_turn", .pieces = {"ab", http::ByteRange{20, 29}, "cd", http::ByteRange{0, 0}, "e"},
     .expected = "text ab, 20-29, text cd, 0-0, text e, end"},
    {.name = "text_and_ranges_in_steps", .pieces = {"abc", http::ByteRange{20, 22}, "de"}, .step = 2,
     .expected = "text abc, text c, 20-22, 22-22, text de, end"},
    {.name = "empty_texts_between", .pieces = {"", http::ByteRange{1, 2}, "", "a", ""}, .expected = "1-2, text a, end"},
    {.name = "ranges_that_overlap", .pieces = {http::ByteRange{5, 9}, http::ByteRange{3, 7}},
     .expected = "5-9, 3-7, end"},
    {.name = "beyond_32_bits", .pieces = {http::ByteRange{0, 5'368'709'119}, "x"}, .step = 5'368'709'118,
     .expected = "0-5368709119, 5368709118-5368709119, text x, end"},
};

BOOST_AUTO_TEST_CASE(pieces_come_in_order_from_where_it_stands) {
    for (const WalkRow& row : walks)
        BOOST_TEST_CONTEXT(row.name) BOOST_TEST(walk({row.pieces, {}}, row.step) == row.expected);
}

struct CutRow {
    std::string_view name;
    std::vector<http::Piece> pieces;
    std::vector<std::uint64_t> advances;  ///< before it is cut short
    std::uint64_t kept = 0;
    std::string_view expected;
};

const CutRow cuts[] = {
    {.name = "at_the_end", .pieces = {}, .kept = 5, .expected = "end"},
    {.name = "before_anything", .pieces = {http::ByteRange{5, 9}, "a"}, .expected = "end"},
    {.name = "at_a_text", .pieces = {"ab", http::ByteRange{5, 9}}, .expected = "end"},
    {.name = "within_a_text", .pieces = {"ab", http::ByteRange{5, 9}}, .advances = {1}, .expected = "end"},
    {.name = "of_a_text_nothing_is_kept", .pieces = {"ab", http::ByteRange{5, 9}}, .kept = 1, .expected = "end"},
    {.name = "within_a_range", .pieces = {http::ByteRange{5, 9}, "a"}, .advances = {2}, .expected = "end"},
    {.name = "within_a_range_some_of_which_is_kept", .pieces = {http::ByteRange{5, 9}, "a"}, .advances = {2}, .kept = 2,
     .expected = "7-8, end"},
    {.name = "rest_of_a_range_is_kept", .pieces = {http::ByteRange{5, 9}, http::ByteRange{0, 9}}, .advances = {2},
     .kept = 3, .expected = "7-9, end"},
    {.name = "more_is_kept_than_there_is", .pieces = {http::ByteRange{5, 9}, http::ByteRange{0, 9}}, .kept = 9,
     .expected = "5-9, end"},
    {.name = "within_a_later_range", .pieces = {http::ByteRange{5, 9}, "a", http::ByteRange{20, 29}, "b"},
     .advances = {5, 1, 4}, .kept = 1, .expected = "24-24, end"},
};

BOOST_AUTO_TEST_CASE(cut_short_leaves_what_is_kept_of_the_present_range) {
    for (const CutRow& row : cuts) {
        BOOST_TEST_CONTEXT(row.name) {
            PieceCursor cursor{row.pieces, {}};
            for (const std::uint64_t n : row.advances) cursor.advance(n);
            cursor.cut_short(row.kept);
            BOOST_TEST(walk(cursor, everything) == row.expected);
            BOOST_TEST(walk(cursor, 1).ends_with("end"));
            cursor.cut_short(0);
            BOOST_TEST(describe(cursor) == "end");
        }
    }
}

BOOST_AUTO_TEST_CASE(another_response_begins_anew_wherever_the_last_has_ended) {
    const std::vector<http::Piece> pieces{"ab", http::ByteRange{5, 9}, "cd"};
    for (const std::uint64_t advances : {0, 1, 2, 3}) {
        for (const bool is_cut_short : {false, true}) {
            BOOST_TEST_CONTEXT(advances << " pieces" << (is_cut_short ? ", cut short" : "")) {
                PieceCursor cursor{pieces, {}};
                for (std::uint64_t i = 0; i < advances; ++i) cursor.advance(cursor.left());
                if (is_cut_short) cursor.cut_short(1);
                cursor = PieceCursor{pieces, {7}};
                BOOST_TEST(cursor.content().fd == 7);
                BOOST_TEST(walk(cursor, everything) == "text ab, 5-9, text cd, end");
            }
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::gateway
