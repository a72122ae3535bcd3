// Owns the tests of conditional requests: whether to go on, what is not modified and what is refused.
// Does not test which answer becomes of it: http_plan_test.cc does.
// SPDX-License-Identifier: MIT
#include "http/precondition.h"

#include <boost/test/unit_test.hpp>

namespace reelgate::http {
namespace {

constexpr Time last_modified{std::chrono::seconds{784'111'777}};  // Sun, 06 Nov 1994 08:49:37 GMT
constexpr Time now{std::chrono::seconds{1'767'225'600}};          // Thu, 01 Jan 2026 00:00:00 GMT

Representation representation() {
    return {
        .complete_length = 1000,
        .entity_tag = {.opaque = "v1"},
        .last_modified = last_modified,
        .media_type = "video/mp4",
    };
}

std::string_view describe(Precondition precondition) {
    switch (precondition) {
        case Precondition::holds: return "holds";
        case Precondition::not_modified: return "not modified";
        case Precondition::failed: return "failed";
    }
    return "?";
}

struct PreconditionRow {
    std::string_view name;
    Request request;
    std::string_view expected = "holds";
};

void check(const PreconditionRow& row) {
    BOOST_TEST_CONTEXT(row.name) {
        BOOST_TEST(describe(evaluate_preconditions(row.request, representation(), now)) == row.expected);
    }
}

BOOST_AUTO_TEST_SUITE(http_precondition)

// RFC 9110 §13.1.1: If-Match, by strong comparison

const PreconditionRow if_match[] = {
    {.name = "absent", .request = {}},
    {.name = "same_tag", .request = {.if_match = R"("v1")"}},
    {.name = "another_tag", .request = {.if_match = R"("v2")"}, .expected = "failed"},
    {.name = "same_tag_in_a_list", .request = {.if_match = R"("v0", "v1", "v2")"}},
    {.name = "list_of_others", .request = {.if_match = R"("v0", "v2")"}, .expected = "failed"},
    {.name = "any", .request = {.if_match = "*"}},
    {.name = "weak_tag", .request = {.if_match = R"(W/"v1")"}, .expected = "failed"},
    {.name = "strong_behind_a_weak_tag", .request = {.if_match = R"(W/"v1", "v1")"}},
    {.name = "tag_in_capitals", .request = {.if_match = R"("V1")"}, .expected = "failed"},
    {.name = "empty_field_value", .request = {.if_match = ""}, .expected = "failed"},
    {.name = "tag_without_quotation_marks", .request = {.if_match = "v1"}, .expected = "failed"},
    {.name = "any_among_others", .request = {.if_match = R"("v2", *)"}, .expected = "failed"},
    {.name = "same_tag_behind_garbage", .request = {.if_match = R"(v2, "v1")"}, .expected = "failed"},
};

BOOST_AUTO_TEST_CASE(if_match_compares_strongly) {
    for (const PreconditionRow& row : if_match) check(row);
}

// RFC 9110 §13.1.4: If-Unmodified-Since

const PreconditionRow if_unmodified_since[] = {
    {.name = "same_date", .request = {.if_unmodified_since = "Sun, 06 Nov 1994 08:49:37 GMT"}},
    {.name = "a_second_later", .request = {.if_unmodified_since = "Sun, 06 Nov 1994 08:49:38 GMT"}},
    {.name = "a_second_earlier", .request = {.if_unmodified_since = "Sun, 06 Nov 1994 08:49:36 GMT"},
     .expected = "failed"},
    {.name = "in_the_future", .request = {.if_unmodified_since = "Fri, 31 Dec 9999 23:59:59 GMT"}},
    {.name = "earlier_as_rfc850_date", .request = {.if_unmodified_since = "Sunday, 06-Nov-94 08:49:36 GMT"},
     .expected = "failed"},
    {.name = "same_as_rfc850_date", .request = {.if_unmodified_since = "Sunday, 06-Nov-94 08:49:37 GMT"}},
    {.name = "earlier_as_asctime_date", .request = {.if_unmodified_since = "Sun Nov  6 08:49:36 1994"},
     .expected = "failed"},
    {.name = "no_date", .request = {.if_unmodified_since = "yesterday"}},
    {.name = "empty_field_value", .request = {.if_unmodified_since = ""}},
    {.name = "impossible_date", .request = {.if_unmodified_since = "Sun, 31 Feb 1993 08:49:37 GMT"}},
    {.name = "two_dates",
     .request = {.if_unmodified_since = "Sun, 06 Nov 1994 08:49:36 GMT, Sun, 06 Nov 1994 08:49:36 GMT"}},
};

BOOST_AUTO_TEST_CASE(if_unmodified_since_fails_when_modified_later) {
    for (const PreconditionRow& row : if_unmodified_since) check(row);
}

// RFC 9110 §13.1.2: If-None-Match, by weak comparison

const PreconditionRow if_none_match[] = {
    {.name = "same_tag", .request = {.if_none_match = R"("v1")"}, .expected = "not modified"},
    {.name = "another_tag", .request = {.if_none_match = R"("v2")"}},
    {.name = "weak_tag", .request = {.if_none_match = R"(W/"v1")"}, .expected = "not modified"},
    {.name = "same_tag_in_a_list", .request = {.if_none_match = R"("v0", W/"v1")"}, .expected = "not modified"},
    {.name = "list_of_others", .request = {.if_none_match = R"("v0", W/"v2")"}},
    {.name = "any", .request = {.if_none_match = "*"}, .expected = "not modified"},
    {.name = "any_in_quotation_marks", .request = {.if_none_match = R"("*")"}},
    {.name = "empty_field_value", .request = {.if_none_match = ""}},
    {.name = "tag_without_quotation_marks", .request = {.if_none_match = "v1"}},
    {.name = "same_tag_before_garbage", .request = {.if_none_match = R"("v1", v2)"}, .expected = "not modified"},
    {.name = "same_tag_behind_garbage", .request = {.if_none_match = R"(v2, "v1")"}},
    {.name = "with_range", .request = {.range = "bytes=0-9", .if_none_match = R"("v1")"}, .expected = "not modified"},
};

BOOST_AUTO_TEST_CASE(if_none_match_compares_weakly) {
    for (const PreconditionRow& row : if_none_match) check(row);
}

// RFC 9110 §13.1.3: If-Modified-Since

const PreconditionRow if_modified_since[] = {
    {.name = "same_date", .request = {.if_modified_since = "Sun, 06 Nov 1994 08:49:37 GMT"},
     .expected = "not modified"},
    {.name = "a_second_later", .request = {.if_modified_since = "Sun, 06 Nov 1994 08:49:38 GMT"},
     .expected = "not modified"},
    {.name = "a_second_earlier", .request = {.if_modified_since = "Sun, 06 Nov 1994 08:49:36 GMT"}},
    {.name = "in_the_future", .request = {.if_modified_since = "Fri, 31 Dec 9999 23:59:59 GMT"},
     .expected = "not modified"},
    {.name = "same_as_rfc850_date", .request = {.if_modified_since = "Sunday, 06-Nov-94 08:49:37 GMT"},
     .expected = "not modified"},
    {.name = "earlier_as_rfc850_date", .request = {.if_modified_since = "Sunday, 06-Nov-94 08:49:36 GMT"}},
    {.name = "same_as_asctime_date", .request = {.if_modified_since = "Sun Nov  6 08:49:37 1994"},
     .expected = "not modified"},
    {.name = "no_date", .request = {.if_modified_since = "tomorrow"}},
    {.name = "empty_field_value", .request = {.if_modified_since = ""}},
    {.name = "two_dates",
     .request = {.if_modified_since = "Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT"}},
};

BOOST_AUTO_TEST_CASE(if_modified_since_holds_when_modified_later) {
    for (const PreconditionRow& row : if_modified_since) check(row);
}

// RFC 9110 §13.2.2: the order, and which field hides which

constexpr const char* before = "Sun, 06 Nov 1994 08:49:36 GMT";
constexpr const char* same = "Sun, 06 Nov 1994 08:49:37 GMT";

const PreconditionRow orders[] = {
    {.name = "match_hides_unmodified_since", .request = {.if_match = R"("v1")", .if_unmodified_since = before}},
    {.name = "no_match_hides_unmodified_since", .request = {.if_match = R"("v2")", .if_unmodified_since = same},
     .expected = "failed"},
    {.name = "invalid_if_match_hides_unmodified_since", .request = {.if_match = "v1", .if_unmodified_since = same},
     .expected = "failed"},
    {.name = "if_match_before_if_none_match", .request = {.if_match = R"("v2")", .if_none_match = R"("v1")"},
     .expected = "failed"},
    {.name = "if_none_match_after_if_match", .request = {.if_match = R"("v1")", .if_none_match = R"("v1")"},
     .expected = "not modified"},
    {.name = "both_hold", .request = {.if_match = R"("v1")", .if_none_match = R"("v2")"}},
    {.name = "if_match_before_if_modified_since", .request = {.if_match = R"("v2")", .if_modified_since = same},
     .expected = "failed"},
    {.name = "if_modified_since_after_if_match", .request = {.if_match = R"("v1")", .if_modified_since = same},
     .expected = "not modified"},
    {.name = "unmodified_since_before_if_none_match",
     .request = {.if_none_match = R"("v1")", .if_unmodified_since = before}, .expected = "failed"},
    {.name = "unmodified_since_before_modified_since",
     .request = {.if_modified_since = same, .if_unmodified_since = before}, .expected = "failed"},
    {.name = "modified_since_after_unmodified_since",
     .request = {.if_modified_since = same, .if_unmodified_since = same}, .expected = "not modified"},
    {.name = "modified_since_after_an_invalid_unmodified_since",
     .request = {.if_modified_since = same, .if_unmodified_since = "x"}, .expected = "not modified"},
    {.name = "other_tag_hides_modified_since", .request = {.if_none_match = R"("v2")", .if_modified_since = same}},
    {.name = "same_tag_hides_modified_since", .request = {.if_none_match = R"("v1")", .if_modified_since = before},
     .expected = "not modified"},
    {.name = "invalid_if_none_match_hides_modified_since",
     .request = {.if_none_match = "v1", .if_modified_since = same}},
    {.name = "if_range_is_not_among_them", .request = {.range = "bytes=0-9", .if_range = R"("v2")"}},
};

BOOST_AUTO_TEST_CASE(fields_are_evaluated_in_their_order) {
    for (const PreconditionRow& row : orders) check(row);
}

BOOST_AUTO_TEST_CASE(century_is_that_of_the_response) {
    const Request request{.if_modified_since = "Saturday, 06-Nov-93 08:49:37 GMT"};
    constexpr Time in_2050{std::chrono::seconds{2'524'608'000}};  // 93 is 2093 from there
    BOOST_TEST(describe(evaluate_preconditions(request, representation(), now)) == "holds");
    BOOST_TEST(describe(evaluate_preconditions(request, representation(), in_2050)) == "not modified");
}

// RFC 9110 §13.1.5, §8.8.2.2: If-Range

struct IfRangeRow {
    std::string_view name;
    std::optional<std::string> if_range = std::nullopt;
    Time now = reelgate::http::now;
    bool expected = false;
};

const IfRangeRow if_ranges[] = {
    {.name = "absent", .expected = true},
    {.name = "same_tag", .if_range = R"("v1")", .expected = true},
    {.name = "another_tag", .if_range = R"("v2")"},
    {.name = "weak_tag", .if_range = R"(W/"v1")"},
    {.name = "tag_without_quotation_marks", .if_range = "v1"},
    {.name = "list_of_tags", .if_range = R"("v1", "v1")"},
    {.name = "any", .if_range = "*"},
    {.name = "empty_field_value", .if_range = ""},
    {.name = "same_date", .if_range = same, .expected = true},
    {.name = "a_second_earlier", .if_range = before},
    {.name = "a_second_later", .if_range = "Sun, 06 Nov 1994 08:49:38 GMT"},
    {.name = "same_as_rfc850_date", .if_range = "Sunday, 06-Nov-94 08:49:37 GMT", .expected = true},
    {.name = "same_as_asctime_date", .if_range = "Sun Nov  6 08:49:37 1994", .expected = true},
    {.name = "rfc850_date_of_another_century", .if_range = "Sunday, 06-Nov-94 08:49:37 GMT",
     .now = Time{std::chrono::seconds{2'524'608'000}}},
    {.name = "no_date", .if_range = "today"},
    {.name = "date_and_more", .if_range = "Sun, 06 Nov 1994 08:49:37 GMT "},
    {.name = "date_whose_second_has_not_passed", .if_range = same, .now = last_modified},
    {.name = "date_whose_second_has_just_passed", .if_range = same, .now = last_modified + std::chrono::seconds{1},
     .expected = true},
    {.name = "date_in_the_future", .if_range = same, .now = last_modified - std::chrono::seconds{1}},
    {.name = "tag_while_the_second_lasts", .if_range = R"("v1")", .now = last_modified, .expected = true},
};

BOOST_AUTO_TEST_CASE(if_range_names_just_this_representation) {
    for (const IfRangeRow& row : if_ranges) {
        BOOST_TEST_CONTEXT(row.name) {
            const Request request{.range = "bytes=0-9", .if_range = row.if_range};
            BOOST_TEST(if_range_holds(request, representation(), row.now) == row.expected);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::http
