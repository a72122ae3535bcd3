// Owns the tests of the choice among the targets of a request whose path the web server has changed.
// SPDX-License-Identifier: MIT
#include "http/rewritten.h"

#include <boost/test/unit_test.hpp>

namespace reelgate::http {
namespace {

struct ChoiceRow {
    std::string_view name;
    std::string target;
    std::vector<std::string> rewritten;
    std::string_view expected = "(its own)";
};

BOOST_AUTO_TEST_SUITE(http_rewritten)

const ChoiceRow choices[] = {
    {.name = "none", .target = "/films/abc", .rewritten = {}},
    {.name = "below", .target = "/films/abc", .rewritten = {"/v/abc?x"}, .expected = "/v/abc?x"},
    {.name = "first_that_is_below", .target = "/films/abc", .rewritten = {"/f", "/v/abc", "/v/def"},
     .expected = "/v/abc"},
    {.name = "first_without_an_id_all_the_same", .target = "/films/abc", .rewritten = {"/v/a%2Fb", "/v/def"},
     .expected = "/v/a%2Fb"},
    {.name = "elsewhere", .target = "/films/abc", .rewritten = {"/films/x", "/"}},
    {.name = "own_is_below", .target = "/v/abc", .rewritten = {"/v/def"}},
    {.name = "own_is_below_without_an_id", .target = "/v/abc/../../x", .rewritten = {"/v/def"}},
    {.name = "own_is_below_and_encoded", .target = "/%76/a%zz", .rewritten = {"/v/def"}},
    {.name = "own_is_in_absolute_form", .target = "http://h/v/", .rewritten = {"/v/def"}},
    {.name = "own_is_no_path", .target = "*", .rewritten = {"/v/abc"}, .expected = "/v/abc"},
};

BOOST_AUTO_TEST_CASE(target_below_the_prefix_is_chosen) {
    for (const ChoiceRow& row : choices) {
        BOOST_TEST_CONTEXT(row.name) {
            const Request request{.method = "HEAD", .target = row.target, .rewritten = row.rewritten, .range = "x"};
            const auto changed = rewritten(request, "/v/");
            BOOST_TEST((changed ? changed->target : "(its own)") == row.expected);
            if (!changed) continue;
            BOOST_TEST(changed->method == "HEAD");
            BOOST_TEST(changed->range.value_or("(absent)") == "x");
            BOOST_TEST(changed->rewritten.empty());
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::http
