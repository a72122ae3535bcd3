// Owns the tests of links in front of a path.
// SPDX-License-Identifier: MIT
#include "http/link_front.h"

#include <boost/test/unit_test.hpp>

namespace reelgate::http {
namespace {

struct FrontRow {
    std::string_view name;
    std::string_view target;
    std::string_view front = "";
    std::string_view rest = "(the target)";
};

BOOST_AUTO_TEST_SUITE(http_link_front)

const FrontRow rows[] = {
    {.name = "none", .target = "/api/stream/a"},
    {.name = "in_front", .target = "/bcdn_token=T&expires=1/api/stream/a", .front = "bcdn_token=T&expires=1",
     .rest = "/api/stream/a"},
    {.name = "query_stays", .target = "/bcdn_token=T/a?b=/c", .front = "bcdn_token=T", .rest = "/a?b=/c"},
    {.name = "absolute_form", .target = "http://h:1/bcdn_token=T/a?b", .front = "bcdn_token=T", .rest = "/a?b"},
    {.name = "nothing_behind_it", .target = "/bcdn_token=T", .front = "bcdn_token=T", .rest = ""},
    {.name = "nothing_behind_it_but_a_query", .target = "/bcdn_token=T?x=/y", .front = "bcdn_token=T", .rest = ""},
    {.name = "slash_behind_it", .target = "/bcdn_token=T/", .front = "bcdn_token=T", .rest = "/"},
    {.name = "empty_token", .target = "/bcdn_token=/a", .front = "bcdn_token=", .rest = "/a"},
    {.name = "further_back", .target = "/a/bcdn_token=T/b"},
    {.name = "in_the_query", .target = "/a?/bcdn_token=T/b"},
    {.name = "name_in_another_case", .target = "/Bcdn_token=T/a"},
    {.name = "two", .target = "/bcdn_token=T/bcdn_token=U/a", .front = "bcdn_token=T", .rest = "/bcdn_token=U/a"},
    {.name = "no_path", .target = "*"},
    {.name = "empty", .target = ""},
};

BOOST_AUTO_TEST_CASE(link_is_taken_off_the_front_alone) {
    for (const FrontRow& row : rows) {
        BOOST_TEST_CONTEXT(row.name) {
            const Fronted fronted = take_front(row.target);
            BOOST_TEST(fronted.front == row.front);
            BOOST_TEST(fronted.rest == (row.rest == "(the target)" ? row.target : row.rest));
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::http
