// Owns the tests of words for a shell and for a unit of systemd.
// SPDX-License-Identifier: MIT
#include "posix/shell.h"

#include <boost/test/unit_test.hpp>

namespace reelgate::posix {
namespace {

struct WordRow {
    std::string_view name;
    std::string word;
    std::string_view expected;
};

const WordRow words[] = {
    {.name = "plain", .word = "/srv/a-b_c.mp4", .expected = "/srv/a-b_c.mp4"},
    {.name = "empty", .word = "", .expected = "''"},
    {.name = "space", .word = "a b", .expected = "'a b'"},
    {.name = "quote", .word = "it's", .expected = "'it'\\''s'"},
    {.name = "backslash", .word = "a\\b", .expected = "'a\\b'"},
    {.name = "expansions", .word = "$(id)`x`*", .expected = "'$(id)`x`*'"},
    {.name = "line_break_before_a_digit", .word = "a\n1", .expected = "$'a\\0121'"},
    {.name = "quote_and_backslash_beside_a_tab", .word = "'\\\t", .expected = "$'\\'\\\\\\011'"},
    {.name = "beyond_ascii", .word = "\xc3\xa4", .expected = "$'\\303\\244'"},
    {"command", "$(reboot)", "'$(reboot)'"},
    {"home", "~", "'~'"},
};

BOOST_AUTO_TEST_CASE(posix_shell_word) {
    for (const WordRow& row : words) {
        BOOST_TEST_CONTEXT(row.name) { BOOST_TEST(shell_word(row.word) == row.expected); }
    }
}

const WordRow unit_words[] = {
    {.name = "plain", .word = "/srv/db", .expected = "\"/srv/db\""},
    {.name = "space", .word = "/srv/my app/db", .expected = "\"/srv/my app/db\""},
    {.name = "specifier", .word = "/srv/100%n", .expected = "\"/srv/100%%n\""},
    {.name = "quotes", .word = "/a\"b'c", .expected = "\"/a\\\"b'c\""},
    {.name = "backslash", .word = "/a\\n", .expected = "\"/a\\\\n\""},
};

BOOST_AUTO_TEST_CASE(posix_unit_word) {
    for (const WordRow& row : unit_words) {
        BOOST_TEST_CONTEXT(row.name) { BOOST_TEST(unit_word(row.word) == row.expected); }
    }
}

}  // namespace
}  // namespace reelgate::posix
