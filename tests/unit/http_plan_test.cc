// Owns the tests of the decision: the answer to a request for a representation that is there.
// Does not test the grammar of Range: http_range_test.cc does.
// SPDX-License-Identifier: MIT
#include "http/plan.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>

namespace reelgate::http {
namespace {

Representation representation_of(std::uint64_t complete_length) {
    return {
        .complete_length = complete_length,
        .entity_tag = {.opaque = "2ebc9861-3e8"},
        .last_modified = Time{std::chrono::seconds{784'111'777}},
        .media_type = "video/mp4",
    };
}

std::string field(const Response& response, std::string_view name) {
    const std::string* value = find_field(response, name);
    return value ? *value : "(absent)";
}

std::string describe_content(const Response& response) {
    std::string text;
    for (const Piece& piece : response.pieces) {
        if (!text.empty()) text += ", ";
        if (const auto* literal = std::get_if<std::string>(&piece)) {
            text += *literal;
        } else {
            const auto range = std::get<ByteRange>(piece);
            text += std::to_string(range.first_pos) + "-" + std::to_string(range.last_pos);
        }
    }
    return text;
}

/// Names the fields in alphabetical order, so that a row does not fix the order of lines.
std::string field_names(const Response& response) {
    std::vector<std::string_view> names;
    for (const Field& field : response.fields) names.push_back(field.name);
    std::sort(names.begin(), names.end());
    std::string text;
    for (const std::string_view name : names) text.append(text.empty() ? "" : " ").append(name);
    return text;
}

constexpr std::string_view fields_of_200 = "Accept-Ranges Cache-Control Content-Length Content-Type ETag Last-Modified";
constexpr std::string_view fields_of_206 =
    "Accept-Ranges Cache-Control Content-Length Content-Range Content-Type ETag Last-Modified";
constexpr std::string_view fields_of_416 = "Accept-Ranges Cache-Control Content-Length Content-Range Content-Type";
constexpr std::string_view text_of_416 = R"({"detail":"Range not satisfiable"})";

struct PlanRow {
    std::string_view name;
    std::string_view method = "GET";
    std::optional<std::string_view> range = std::nullopt;
    std::uint64_t complete_length = 1000;
    int status = 200;
    std::string_view content_range = "(absent)";
    std::uint64_t content_length = 1000;
    std::string_view content;  ///< "first-last" for each range of the file, literal text as it is
};

Response answer_to(const PlanRow& row) {
    Request request{.method = std::string{row.method}, .target = "/api/stream/abc", .range = std::nullopt};
    if (row.range) request.range = std::string{*row.range};
    return plan_response(request, representation_of(row.complete_length), Policy{});
}

void check(const PlanRow& row) {
    BOOST_TEST_CONTEXT(row.name << ": " << row.method << " " << row.range.value_or("(no Range)")) {
        const Response response = answer_to(row);
        BOOST_TEST(response.status == row.status);
        BOOST_TEST(field(response, "Content-Range") == row.content_range);
        BOOST_TEST(field(response, "Content-Length") == std::to_string(row.content_length));
        BOOST_TEST(describe_content(response) == row.content);
        BOOST_TEST(field_names(response) ==
                   (row.status == 200 ? fields_of_200 : row.status == 206 ? fields_of_206 : fields_of_416));
    }
}

BOOST_AUTO_TEST_SUITE(http_plan)

// RFC 9110 §9.3.1, §8.6: no Range

constexpr PlanRow without_range[] = {
    {.name = "whole", .content = "0-999"},
    {.name = "one_byte", .complete_length = 1, .content_length = 1, .content = "0-0"},
    {.name = "empty_file", .complete_length = 0, .content_length = 0, .content = ""},
    {.name = "five_gib", .complete_length = 5'368'709'120, .content_length = 5'368'709'120, .content = "0-5368709119"},
};

BOOST_AUTO_TEST_CASE(no_range) {
    for (const PlanRow& row : without_range) check(row);
}

// RFC 9110 §14.2, §15.3.7: one satisfiable range

constexpr PlanRow satisfiable[] = {
    {.name = "first_bytes", .range = "bytes=0-3", .status = 206, .content_range = "bytes 0-3/1000", .content_length = 4,
     .content = "0-3"},
    {.name = "from_the_middle", .range = "bytes=128-224", .status = 206, .content_range = "bytes 128-224/1000",
     .content_length = 97, .content = "128-224"},
    {.name = "suffix", .range = "bytes=-10", .status = 206, .content_range = "bytes 990-999/1000", .content_length = 10,
     .content = "990-999"},
    {.name = "suffix_longer_than_representation", .range = "bytes=-2000", .status = 206,
     .content_range = "bytes 0-999/1000", .content_length = 1000, .content = "0-999"},
    {.name = "last_behind_the_end", .range = "bytes=990-2000", .status = 206, .content_range = "bytes 990-999/1000",
     .content_length = 10, .content = "990-999"},
    {.name = "whole_as_206_with_open_end", .range = "bytes=0-", .status = 206, .content_range = "bytes 0-999/1000",
     .content_length = 1000, .content = "0-999"},
    {.name = "whole_as_206_with_both_ends", .range = "bytes=0-999", .status = 206, .content_range = "bytes 0-999/1000",
     .content_length = 1000, .content = "0-999"},
    {.name = "whole_file_of_one_byte", .range = "bytes=0-0", .complete_length = 1, .status = 206,
     .content_range = "bytes 0-0/1", .content_length = 1, .content = "0-0"},
    {.name = "unit_in_capitals", .range = "BYTES=0-9", .status = 206, .content_range = "bytes 0-9/1000",
     .content_length = 10, .content = "0-9"},
    {.name = "beyond_32_bits", .range = "bytes=4294967296-4294967305", .complete_length = 5'368'709'120, .status = 206,
     .content_range = "bytes 4294967296-4294967305/5368709120", .content_length = 10,
     .content = "4294967296-4294967305"},
    {.name = "one_of_two_satisfiable", .range = "bytes=2000-, 5-9", .status = 206, .content_range = "bytes 5-9/1000",
     .content_length = 5, .content = "5-9"},
};

BOOST_AUTO_TEST_CASE(one_satisfiable_range) {
    for (const PlanRow& row : satisfiable) check(row);
}

// RFC 9110 §14.2: Range is ignored

constexpr PlanRow ignored[] = {
    {.name = "empty_field_value", .range = "", .content = "0-999"},
    {.name = "invalid", .range = "bytes=7-1", .content = "0-999"},
    {.name = "one_bad_member", .range = "bytes=0-9,x", .content = "0-999"},
    {.name = "invalid_beats_unsatisfiable", .range = "bytes=5000-,5-2", .content = "0-999"},
    {.name = "another_unit", .range = "items=0-5", .content = "0-999"},
    {.name = "empty_file_and_first_bytes", .range = "bytes=0-128", .complete_length = 0, .content_length = 0,
     .content = ""},
    {.name = "empty_file_and_open_end", .range = "bytes=1-", .complete_length = 0, .content_length = 0, .content = ""},
    {.name = "empty_file_and_suffix", .range = "bytes=-2", .complete_length = 0, .content_length = 0, .content = ""},
    {.name = "empty_file_and_several", .range = "bytes=0-0,1-1", .complete_length = 0, .content_length = 0,
     .content = ""},
};

BOOST_AUTO_TEST_CASE(range_that_is_ignored) {
    for (const PlanRow& row : ignored) check(row);
}

BOOST_AUTO_TEST_CASE(more_ranges_than_the_policy_permits) {
    const Request request{.method = "GET", .target = "/api/stream/abc", .range = "bytes=0-9,5000-,6000-"};
    BOOST_TEST(plan_response(request, representation_of(1000), {.max_ranges = 3}).status == 206);
    BOOST_TEST(plan_response(request, representation_of(1000), {.max_ranges = 2}).status == 200);
}

// RFC 9110 §15.5.17: no satisfiable range

constexpr PlanRow unsatisfiable[] = {
    {.name = "first_at_the_end", .range = "bytes=1000-", .status = 416, .content_range = "bytes */1000",
     .content_length = text_of_416.size(), .content = text_of_416},
    {.name = "suffix_of_nothing", .range = "bytes=-0", .status = 416, .content_range = "bytes */1000",
     .content_length = text_of_416.size(), .content = text_of_416},
    {.name = "number_beyond_64_bits", .range = "bytes=99999999999999999999-", .status = 416,
     .content_range = "bytes */1000", .content_length = text_of_416.size(), .content = text_of_416},
    {.name = "none_of_several", .range = "bytes=1000-,2000-2001,-0", .status = 416, .content_range = "bytes */1000",
     .content_length = text_of_416.size(), .content = text_of_416},
};

BOOST_AUTO_TEST_CASE(no_satisfiable_range) {
    for (const PlanRow& row : unsatisfiable) check(row);
}

// RFC 9110 §9.3.2: HEAD says what GET would, and sends no content

void check_head(PlanRow row) {
    row.method = "HEAD";
    row.content = "";
    check(row);
}

BOOST_AUTO_TEST_CASE(head_has_the_fields_of_get) {
    for (const PlanRow& row : without_range) check_head(row);
    for (const PlanRow& row : satisfiable) check_head(row);
    for (const PlanRow& row : ignored) check_head(row);
    for (const PlanRow& row : unsatisfiable) check_head(row);
}

// RFC 9110 §8: what every answer says about the representation

struct StatusRow {
    int status = 0;
    std::optional<std::string_view> range = std::nullopt;
};

constexpr StatusRow about_the_representation[] = {{.status = 200}, {.status = 206, .range = "bytes=0-9"}};

BOOST_AUTO_TEST_CASE(whole_and_part_have_the_same_validators) {
    for (const StatusRow& row : about_the_representation) {
        BOOST_TEST_CONTEXT(row.status) {
            const Response response = answer_to({.name = "", .range = row.range, .content = ""});
            BOOST_TEST(response.status == row.status);
            BOOST_TEST(field(response, "Accept-Ranges") == "bytes");
            BOOST_TEST(field(response, "ETag") == "\"2ebc9861-3e8\"");
            BOOST_TEST(field(response, "Last-Modified") == "Sun, 06 Nov 1994 08:49:37 GMT");
            BOOST_TEST(field(response, "Content-Type") == "video/mp4");
            BOOST_TEST(field(response, "Cache-Control") == "private");
        }
    }
}

BOOST_AUTO_TEST_CASE(cache_control_is_the_administrators) {
    const Policy policy{.cache_control = "public, max-age=60"};
    Request request{.method = "GET", .target = "/api/stream/abc", .range = std::nullopt};
    BOOST_TEST(field(plan_response(request, representation_of(9), policy), "Cache-Control") == "public, max-age=60");
    request.range = "bytes=0-0";
    BOOST_TEST(field(plan_response(request, representation_of(9), policy), "Cache-Control") == "public, max-age=60");
    request.range = "bytes=9-";
    BOOST_TEST(field(plan_response(request, representation_of(9), policy), "Cache-Control") == "no-store");
}

constexpr std::string_view ranges_of_every_kind[] = {
    "bytes=0-", "bytes=0-0", "bytes=-1", "bytes=5-7", "bytes=9-2000", "bytes=-0", "bytes=1000-", "bytes=0-0,2-3",
    "bytes=1-2,9-", "nonsense", "",
};

BOOST_AUTO_TEST_CASE(content_length_is_always_there_and_equal_to_the_pieces) {
    for (const std::uint64_t complete_length : {0, 1, 2, 10, 1000}) {
        for (const std::string_view range : ranges_of_every_kind) {
            BOOST_TEST_CONTEXT(range << " of " << complete_length << " bytes") {
                const Response response =
                    answer_to({.name = "", .range = range, .complete_length = complete_length, .content = ""});
                BOOST_TEST(field(response, "Content-Length") == std::to_string(content_length(response)));
            }
        }
    }
}

// RFC 9110 §9.1: methods

struct MethodRow {
    std::string_view method;
    bool expected = false;
};

constexpr MethodRow methods[] = {
    {.method = "GET", .expected = true}, {.method = "HEAD", .expected = true}, {.method = "POST"}, {.method = "PUT"},
    {.method = "DELETE"}, {.method = "get"}, {.method = "GETS"}, {.method = ""},
};

BOOST_AUTO_TEST_CASE(methods_that_get_a_representation) {
    for (const MethodRow& row : methods)
        BOOST_TEST_CONTEXT(row.method) { BOOST_TEST(is_allowed(row.method) == row.expected); }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::http
