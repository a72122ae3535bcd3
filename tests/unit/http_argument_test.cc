// Owns the tests of arguments in the query of a target.
// SPDX-License-Identifier: MIT
#include "http/argument.h"

#include <boost/test/unit_test.hpp>

namespace reelgate::http {
namespace {

struct ArgumentRow {
    std::string_view name;
    std::string target;
    std::string_view argument = "token";
    std::string_view expected = "(nothing)";
};

BOOST_AUTO_TEST_SUITE(http_argument)

const ArgumentRow rows[] = {
    {.name = "alone", .target = "/a?token=x", .expected = "x"},
    {.name = "among_others", .target = "/a?b=1&token=x&c=2", .expected = "x"},
    {.name = "in_absolute_form", .target = "http://h/a?token=x", .expected = "x"},
    {.name = "no_query", .target = "/a"},
    {.name = "empty_query", .target = "/a?"},
    {.name = "another", .target = "/a?tokens=x&tok=y"},
    {.name = "in_the_path", .target = "/token=x/a"},
    {.name = "in_capitals", .target = "/a?Token=x"},
    {.name = "empty", .target = "/a?token="},
    {.name = "name_alone", .target = "/a?token"},
    {.name = "given_twice", .target = "/a?token=x&token=x"},
    {.name = "given_twice_once_without_a_value", .target = "/a?token=x&token"},
    {.name = "given_twice_once_encoded", .target = "/a?token=x&%74oken=y"},
    {.name = "empty_arguments_beside", .target = "/a?&&token=x&", .expected = "x"},
    {.name = "equals_signs_in_the_value", .target = "/a?token=x==", .expected = "x=="},
    {.name = "question_mark_in_the_value", .target = "/a?token=x?y", .expected = "x?y"},
    {.name = "semicolon_separates_nothing", .target = "/a?token=x;b=1", .expected = "x;b=1"},
    {.name = "percent_encoded", .target = "/a?token=%2F%c3%bc%26", .expected = "/ü&"},
    {.name = "plus_is_a_blank", .target = "/a?token=a+b%2Bc", .expected = "a b+c"},
    {.name = "decoded_once", .target = "/a?token=%2541", .expected = "%41"},
    {.name = "percent_without_digits", .target = "/a?token=a%"},
    {.name = "percent_with_one_digit", .target = "/a?token=a%4"},
    {.name = "percent_with_other_letters", .target = "/a?token=%zz"},
    {.name = "zero_byte", .target = "/a?token=a%00b"},
    {.name = "encoded_name", .target = "/a?%74oken=x", .expected = "x"},
    {.name = "name_that_cannot_be_decoded", .target = "/a?%=y&token=x", .expected = "x"},
    {.name = "name_with_a_dash", .target = "/a?share-token=x", .argument = "share_token", .expected = "x"},
    {.name = "name_with_brackets", .target = "/a?t%5B0%5D=x", .argument = "t_0_", .expected = "x"},
    {.name = "two_names_that_are_one", .target = "/a?share-token=x&share_token=y", .argument = "share_token"},
    {.name = "eight_kib", .target = "/a?token=" + std::string(8192, 'x'), .expected = "(8192 bytes)"},
};

BOOST_AUTO_TEST_CASE(argument_that_is_named) {
    for (const ArgumentRow& row : rows) {
        BOOST_TEST_CONTEXT(row.name) {
            const auto found = argument_named(row.target, row.argument);
            const std::string text = !found ? "(nothing)"
                                   : found->size() > 100 ? "(" + std::to_string(found->size()) + " bytes)" : *found;
            BOOST_TEST(text == row.expected);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::http
