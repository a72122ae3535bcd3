// Owns the tests of messages: how parts and values become text, and what the table may hold.
// SPDX-License-Identifier: MIT
#include "messages/message.h"

#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "messages/named.h"

namespace reelgate::messages {
namespace {

using Values = std::vector<std::string_view>;

std::string text_of(const Message& message, const Values& values) {
    std::string text;
    for (const std::string_view part : texts_of(message, values)) text.append(part);
    return text;
}

struct Row {
    std::string_view name;
    Message message;
    Values values;
    std::string_view text;
    std::string_view form;
};

const Row rows[] = {
    {.name = "all_parts", .message = {"", Kind::failure, "open {FILE}", "{ID}", "is {STATE}", "see {PLACE}"},
     .values = {"/a", "film", "gone", "it"}, .text = "open /a: film: is gone; see it",
     .form = "open FILE: ID: is STATE; see PLACE"},
    {.name = "level", .message = {"", Kind::warning, "stop"}, .values = {}, .text = "stop", .form = "warning: stop"},
    {.name = "usage", .message = {"", Kind::usage, "", "--a {B}", "no"}, .values = {"1"}, .text = "--a 1: no",
     .form = "--a B: no"},
    {.name = "value_that_is_empty", .message = {"", Kind::failure, "open", "", "{CAUSE}", "{REMEDY}"},
     .values = {"it is gone", ""}, .text = "open: it is gone", .form = "open: CAUSE; REMEDY"},
    {.name = "first_part_that_is_empty", .message = {"", Kind::failure, "{PLACE}", "{WORD}", "no"}, .values = {"", "x"},
     .text = "x: no", .form = "PLACE: WORD: no"},
    {.name = "empty_value_within_a_text", .message = {"", Kind::failure, "a{X}b"}, .values = {""}, .text = "ab",
     .form = "aXb"},
    {.name = "value_with_braces", .message = {"", Kind::failure, "a {X} {Y}"}, .values = {"{Y}", "2"},
     .text = "a {Y} 2", .form = "a X Y"},
};

BOOST_AUTO_TEST_SUITE(messages)

BOOST_AUTO_TEST_CASE(values_take_their_places) {
    for (const Row& row : rows)
        BOOST_TEST_CONTEXT(row.name) {
            BOOST_TEST(text_of(row.message, row.values) == row.text);
            BOOST_TEST(count_values(row.message) == row.values.size());
            BOOST_TEST(form_of(row.message) == row.form);
        }
}

BOOST_AUTO_TEST_CASE(each_has_a_name_and_a_form_of_its_own_and_fits) {
    std::set<std::string> names, forms;
    for (const Message& message : table)
        BOOST_TEST_CONTEXT(message.name) {
            BOOST_TEST(names.emplace(message.name).second);
            BOOST_TEST(forms.insert(form_of(message)).second);
            // What does not fit would be missing, without a word.
            const Values values(count_values(message), "x");
            BOOST_TEST(texts_of(message, values).size() < Texts::max);
        }
}

BOOST_AUTO_TEST_CASE(numbers) {
    BOOST_TEST(std::string_view{Number{-1}} == "-1");
    BOOST_TEST(std::string_view{Number{std::uint64_t(-1)}} == "18446744073709551615");
    BOOST_TEST(std::string_view{Number{std::numeric_limits<std::int64_t>::min()}} == "-9223372036854775808");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::messages
