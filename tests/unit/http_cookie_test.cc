// Owns the tests of cookies, and of meta-variables as they are asked by name.
// SPDX-License-Identifier: MIT
#include "http/cookie.h"

#include <boost/test/unit_test.hpp>

#include "http/variables.h"

namespace reelgate::http {
namespace {

std::string text_of(const std::optional<std::string>& value) {
    if (!value) return "(nothing)";
    return value->size() > 100 ? "(" + std::to_string(value->size()) + " bytes)" : *value;
}

struct CookieRow {
    std::string_view name;
    std::string cookies;
    std::string_view cookie = "s";
    std::string_view expected = "(nothing)";
};

BOOST_AUTO_TEST_SUITE(http_cookie)

const CookieRow rows[] = {
    {.name = "alone", .cookies = "s=x", .expected = "x"},
    {.name = "among_others", .cookies = "a=1; s=x; b=2", .expected = "x"},
    {.name = "without_blanks", .cookies = "a=1;s=x;b=2", .expected = "x"},
    {.name = "with_tabs", .cookies = "a=1;\ts\t=\tx\t;b=2", .expected = "x"},
    {.name = "none", .cookies = ""},
    {.name = "another", .cookies = "ss=x; as=y"},
    {.name = "in_capitals", .cookies = "S=x"},
    {.name = "empty", .cookies = "s="},
    {.name = "empty_quotes", .cookies = "s=\"\""},
    {.name = "name_alone", .cookies = "s"},
    {.name = "given_twice", .cookies = "s=x; s=y"},
    {.name = "given_twice_with_one_value", .cookies = "s=x; s=x"},
    {.name = "given_twice_once_empty", .cookies = "s=x; s="},
    {.name = "quoted", .cookies = "s=\"x y\"", .expected = "x y"},
    {.name = "one_quote", .cookies = "s=\"", .expected = "\""},
    {.name = "equals_signs_in_the_value", .cookies = "s=x==", .expected = "x=="},
    {.name = "value_stays_encoded", .cookies = "s=%20+", .expected = "%20+"},
    {.name = "name_with_dash_and_dot", .cookies = "__Host-my.s=x", .cookie = "__Host_my_s", .expected = "x"},
    {.name = "two_names_that_are_one", .cookies = "my-s=x; my.s=y", .cookie = "my_s"},
    {.name = "name_of_letters_beyond_ascii", .cookies = "\xc3\xbc=x", .cookie = "__", .expected = "x"},
    {.name = "commas_separate_nothing", .cookies = "a=1, s=x"},
    {.name = "eight_kib", .cookies = "a=" + std::string(4096, 'a') + "; s=" + std::string(8192, 'x'),
     .expected = "(8192 bytes)"},
};

BOOST_AUTO_TEST_CASE(cookie_that_is_named) {
    for (const CookieRow& row : rows)
        BOOST_TEST_CONTEXT(row.name) { BOOST_TEST(text_of(cookie_named(row.cookies, row.cookie)) == row.expected); }
}

struct VariableRow {
    std::string_view name;
    std::vector<std::pair<std::string_view, std::string_view>> variables;
    std::string_view variable = "REMOTE_USER";
    std::string_view expected = "(nothing)";
};

const VariableRow variable_rows[] = {
    {.name = "alone", .variables = {{"REMOTE_USER", "ada"}}, .expected = "ada"},
    {.name = "absent", .variables = {{"REMOTE_USERS", "ada"}, {"REMOTE", "bob"}}},
    {.name = "empty", .variables = {{"REMOTE_USER", ""}}},
    {.name = "twice", .variables = {{"REMOTE_USER", "ada"}, {"REMOTE_USER", "bob"}}},
    {.name = "twice_and_once_empty", .variables = {{"REMOTE_USER", ""}, {"REMOTE_USER", "ada"}}, .expected = "ada"},
    {.name = "name_within_a_value", .variables = {{"HTTP_X", "REMOTE_USER=eve"}}},
    {.name = "equals_sign_in_the_value", .variables = {{"REMOTE_USER", "a=b"}}, .expected = "a=b"},
    {.name = "field_in_two_lines", .variables = {{"HTTP_X", "a"}, {"HTTP_X", "b"}}, .variable = "HTTP_X",
     .expected = "a, b"},
    {.name = "cookies_in_two_lines", .variables = {{"HTTP_COOKIE", "a=1"}, {"HTTP_COOKIE", "b=2"}},
     .variable = "HTTP_COOKIE", .expected = "a=1; b=2"},
};

BOOST_AUTO_TEST_CASE(variable_that_is_named) {
    for (const VariableRow& row : variable_rows) {
        BOOST_TEST_CONTEXT(row.name) {
            Variables variables;
            for (const auto& [name, value] : row.variables) variables.add(name, value);
            BOOST_TEST(text_of(variables.find(row.variable)) == row.expected);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::http
