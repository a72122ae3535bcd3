// Owns the tests of the configuration file's grammar: text to lines, and back.
// Does not know which options there are.
// SPDX-License-Identifier: MIT
#include "options/file_grammar.h"

#include <boost/test/unit_test.hpp>

namespace reelgate::options {
namespace {

/// Writes what was parsed, a line of text for each: "2 name=value", "3 line: cause; remedy".
std::string transcript(std::string_view text) {
    std::string out;
    for (const FileLine& line : parse_file(text)) {
        if (const auto* assignment = std::get_if<Assignment>(&line)) {
            out.append(std::to_string(assignment->line)).append(" ").append(assignment->name);
            out.append("=").append(assignment->value).append("\n");
        } else {
            const auto& bad = std::get<BadLine>(line);
            out.append(std::to_string(bad.line)).append(" ").append(bad.text).append(": ").append(bad.cause);
            out.append("; ").append(bad.remedy).append("\n");
        }
    }
    return out;
}

struct TextRow {
    std::string_view name;
    std::string_view text;
    std::string_view expected;
};

constexpr TextRow texts[] = {
    {.name = "nothing", .text = "", .expected = ""},
    {.name = "assignments", .text = "a = b\nc=d\n", .expected = "1 a=b\n2 c=d\n"},
    {.name = "empty_value", .text = "a =\n", .expected = "1 a=\n"},
    {.name = "no_line_break_at_the_end", .text = "a = b", .expected = "1 a=b\n"},
    {.name = "comments_count_as_lines", .text = "# a = b\n\n \t# c\nd = e # f\n", .expected = "4 d=e # f\n"},
    {.name = "white_space_within", .text = " a\tb =  c  d \n", .expected = "1 a\tb=c  d\n"},
    {.name = "line_ends_of_windows", .text = "a = b\r\n\r\nc = d\\\r\ne\r\n", .expected = "1 a=b\n3 c=d\ne\n"},
    {.name = "byte_order_mark", .text = "\xef\xbb\xbf" "a = b", .expected = "1 a=b\n"},
    {.name = "joined_lines_are_one", .text = "a = b\\\n# c\\\n\nd = e\n", .expected = "1 a=b\n# c\n\n4 d=e\n"},
    {.name = "joined_name", .text = "a\\\nb = c\n", .expected = "1 a\nb=c\n"},
    {.name = "comment_joins_nothing", .text = "# a\\\nb = c\n", .expected = "2 b=c\n"},
    {.name = "backslash_at_the_end_of_the_text", .text = "a = b\\", .expected = "1 a=b\\\n"},
    {.name = "one_quote", .text = "a = \"\n", .expected = "1 a=\"\n"},
    {.name = "unlike_quotes", .text = "a = \"b'\n", .expected = "1 a=\"b'\n"},
    {.name = "quotes", .text = "a = \"b\"\nc = d\n",
     .expected = "1 a = \"b\": the quotes would be part of the value; leave them out\n2 c=d\n"},
    {.name = "section", .text = "[a = b]\n", .expected = "1 [a = b]: there are no sections; leave this line out\n"},
    {.name = "no_equals", .text = "\na b\n", .expected = "2 a b: needs the form name = value; \n"},
    {.name = "no_name", .text = " = b\n", .expected = "1 = b: a name is missing before =; \n"},
    {.name = "binary_line_is_the_last", .text = "a = b\n\x01\nc = d\n",
     .expected = "1 a=b\n2 : control characters; is this a text file, in UTF-8?\n"},
    {.name = "binary_comment", .text = {"#\0", 2},
     .expected = "1 : control characters; is this a text file, in UTF-8?\n"},
};

struct ValueRow {
    std::string_view name;
    std::string_view value;
    std::string_view expected;  ///< the line; one that begins with # cannot be read again
};

constexpr ValueRow values[] = {
    {.name = "word", .value = "b", .expected = "a = b"},
    {.name = "several_lines", .value = "b\n# c", .expected = "a = b\\\n# c"},
    {.name = "quotes_within", .value = "'b' || 'c", .expected = "a = 'b' || 'c"},
    {.name = "quotes_around", .value = "'b'", .expected = "# cannot be written in a file: a = 'b'"},
    {.name = "white_space_around", .value = " b", .expected = "# cannot be written in a file: a =  b"},
    {.name = "backslash_at_the_end", .value = "b\\", .expected = "# cannot be written in a file: a = b\\"},
    {.name = "control_character", .value = "b\x1b" "c\n", .expected = "# cannot be written in a file: a = b?c\\?"},
};

BOOST_AUTO_TEST_SUITE(options_file_grammar)

BOOST_AUTO_TEST_CASE(text_to_lines) {
    for (const TextRow& row : texts)
        BOOST_TEST_CONTEXT(row.name) { BOOST_TEST(transcript(row.text) == row.expected); }
}

BOOST_AUTO_TEST_CASE(value_to_line_and_back) {
    for (const ValueRow& row : values) {
        BOOST_TEST_CONTEXT(row.name) {
            const std::string line = format_assignment("a", row.value);
            BOOST_TEST(line == row.expected);
            const bool is_comment = row.expected.starts_with('#');
            BOOST_TEST(transcript(line) == (is_comment ? "" : "1 a=" + std::string{row.value} + "\n"));
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::options
