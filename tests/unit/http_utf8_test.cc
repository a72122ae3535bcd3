// Owns the tests of UTF-8.
// SPDX-License-Identifier: MIT
#include "http/utf8.h"

#include <boost/test/unit_test.hpp>

namespace reelgate::http {
namespace {

struct CharacterRow {
    std::string_view name;
    std::string_view text;
    std::size_t expected;
};

constexpr CharacterRow characters[] = {
    // RFC 3629 §4
    {.name = "nothing", .text = "", .expected = 0},
    {.name = "ascii", .text = "a\xff", .expected = 1},
    {.name = "two_bytes", .text = "\xc3\xa4z", .expected = 2},
    {.name = "three_bytes", .text = "\xe2\x82\xac", .expected = 3},
    {.name = "four_bytes", .text = "\xf0\x9f\x8e\xac", .expected = 4},
    {.name = "last_of_all", .text = "\xf4\x8f\xbf\xbf", .expected = 4},
    {.name = "beyond_the_last", .text = "\xf4\x90\x80\x80", .expected = 0},
    {.name = "surrogate", .text = "\xed\xa0\x80", .expected = 0},
    {.name = "last_before_surrogates", .text = "\xed\x9f\xbf", .expected = 3},
    {.name = "two_bytes_longer_than_need_be", .text = "\xc0\xaf", .expected = 0},
    {.name = "three_bytes_longer_than_need_be", .text = "\xe0\x9f\xbf", .expected = 0},
    {.name = "four_bytes_longer_than_need_be", .text = "\xf0\x8f\xbf\xbf", .expected = 0},
    {.name = "tail_alone", .text = "\xa4", .expected = 0},
    {.name = "tail_missing", .text = "\xc3", .expected = 0},
    {.name = "second_tail_missing", .text = "\xe2\x82", .expected = 0},
    {.name = "third_tail_missing", .text = "\xf0\x9f\x8e", .expected = 0},
    {.name = "tail_that_is_none", .text = "\xe2\x82z", .expected = 0},
    {.name = "no_beginning", .text = "\xff\x80", .expected = 0},
};

BOOST_AUTO_TEST_SUITE(http_utf8)

BOOST_AUTO_TEST_CASE(lengths_of_characters) {
    for (const CharacterRow& row : characters) {
        BOOST_TEST_CONTEXT(row.name) { BOOST_TEST(utf8_length(row.text) == row.expected); }
    }
}

struct TextRow {
    std::string_view name;
    std::string_view text;
    bool expected;
};

constexpr TextRow texts[] = {
    {.name = "nothing", .text = "", .expected = true},
    {.name = "several_lengths", .text = "a\xc3\xa4\xe2\x82\xac\xf0\x9f\x8e\xac", .expected = true},
    {.name = "bad_at_the_beginning", .text = "\xffz", .expected = false},
    {.name = "bad_at_the_end", .text = "a\xc3\xa4\xc3", .expected = false},
};

BOOST_AUTO_TEST_CASE(texts_as_a_whole) {
    for (const TextRow& row : texts) {
        BOOST_TEST_CONTEXT(row.name) { BOOST_TEST(is_utf8(row.text) == row.expected); }
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::http
