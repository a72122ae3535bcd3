// Owns the tests of the decision: the answer to a request for a representation that is there.
// Does not test the grammar of Range or the order of preconditions: http_range_test.cc and http_precondition_test.cc.
// SPDX-License-Identifier: MIT
#include "http/plan.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <stdexcept>

namespace reelgate::http {
namespace {

Representation representation_of(std::uint64_t complete_length) {
    return {
        .complete_length = complete_length,
        .entity_tag = {.opaque = "2ebc9861-3e8"},
        .last_modified = Time{std::chrono::seconds{784'111'777}},
        .media_type = "video/mp4",
        .download_name = "abc.mp4",
    };
}

std::string boundary() { return "B"; }

/// Thu, 01 Jan 2026 00:00:00 GMT.
const Surroundings surroundings{.now = Time{std::chrono::seconds{1'767'225'600}}, .new_boundary = boundary};

const Policy usual{.cache_control = "private", .max_ranges = 100};

Response plan(const Request& request, const Policy& policy = usual) {
    return plan_response(request, representation_of(1000), policy, surroundings);
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
constexpr std::string_view fields_of_multipart = fields_of_200;
constexpr std::string_view fields_of_304 = "Accept-Ranges Cache-Control ETag Last-Modified";
constexpr std::string_view fields_of_error = "Cache-Control Content-Length Content-Type";
constexpr std::string_view fields_of_416 = "Accept-Ranges Cache-Control Content-Length Content-Range Content-Type";
constexpr std::string_view text_of_416 = R"({"detail":"Range not satisfiable"})";
constexpr std::string_view text_of_412 = R"({"detail":"Precondition failed"})";
constexpr std::string_view text_of_405 = R"({"detail":"Method not allowed"})";

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
    return plan_response(request, representation_of(row.complete_length), usual, surroundings);
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
    {.name = "suffix_longer_than_representation", .range = "bytes=-2000", .status = 206,
     .content_range = "bytes 0-999/1000", .content_length = 1000, .content = "0-999"},
    {.name = "last_behind_the_end", .range = "bytes=990-2000", .status = 206, .content_range = "bytes 990-999/1000",
     .content_length = 10, .content = "990-999"},
    {.name = "whole_as_206_with_both_ends", .range = "bytes=0-999", .status = 206, .content_range = "bytes 0-999/1000",
     .content_length = 1000, .content = "0-999"},
    {.name = "two_that_touch", .range = "bytes=5-9,0-4", .status = 206, .content_range = "bytes 0-9/1000",
     .content_length = 10, .content = "0-9"},
    {.name = "one_of_two_satisfiable", .range = "bytes=2000-, 5-9", .status = 206, .content_range = "bytes 5-9/1000",
     .content_length = 5, .content = "5-9"},
};

BOOST_AUTO_TEST_CASE(one_satisfiable_range) {
    for (const PlanRow& row : satisfiable) check(row);
}

// RFC 9110 §15.3.7.2: several satisfiable ranges

struct PartsRow {
    std::string_view name;
    std::string_view range;
    std::uint64_t content_length = 0;
    std::string_view content;
};

constexpr PartsRow several[] = {
    {.name = "two", .range = "bytes=0-9,20-29", .content_length = 159,
     .content = "--B\r\nContent-Type: video/mp4\r\nContent-Range: bytes 0-9/1000\r\n\r\n, 0-9, "
                "\r\n--B\r\nContent-Type: video/mp4\r\nContent-Range: bytes 20-29/1000\r\n\r\n, 20-29, "
                "\r\n--B--\r\n"},
    {.name = "in_the_order_of_the_request", .range = "bytes=-10,0-0,5000-", .content_length = 152,
     .content = "--B\r\nContent-Type: video/mp4\r\nContent-Range: bytes 990-999/1000\r\n\r\n, 990-999, "
                "\r\n--B\r\nContent-Type: video/mp4\r\nContent-Range: bytes 0-0/1000\r\n\r\n, 0-0, "
                "\r\n--B--\r\n"},
};

BOOST_AUTO_TEST_CASE(several_satisfiable_ranges) {
    for (const std::string_view method : {"GET", "HEAD"}) {
        for (const PartsRow& row : several) {
            BOOST_TEST_CONTEXT(row.name << ": " << method) {
                const Response response = plan({.method = std::string{method}, .range = std::string{row.range}});
                BOOST_TEST(response.status == 206);
                BOOST_TEST(field_names(response) == fields_of_multipart);  // no Content-Range among them
                BOOST_TEST(field(response, "Content-Type") == "multipart/byteranges; boundary=B");
                BOOST_TEST(field(response, "Content-Length") == std::to_string(row.content_length));
                BOOST_TEST(describe_content(response) == (method == "HEAD" ? "" : row.content));
            }
        }
    }
}

std::string boundary_that_nobody_needs() { throw std::logic_error{"a boundary was made"}; }

BOOST_AUTO_TEST_CASE(boundary_is_made_for_several_parts_only) {
    const Surroundings without{.now = surroundings.now, .new_boundary = boundary_that_nobody_needs};
    Request request{.method = "GET"};
    BOOST_TEST(plan_response(request, representation_of(1000), usual, without).status == 200);
    for (const char* const range : {"bytes=0-9", "bytes=0-9,5-19", "bytes=0-9,2000-", "bytes=2000-,3000-", "x"}) {
        request.range = range;
        BOOST_TEST_CONTEXT(range) {
            BOOST_CHECK_NO_THROW(plan_response(request, representation_of(1000), usual, without));
        }
    }
    request.range = "bytes=0-9,20-29";
    BOOST_CHECK_THROW(plan_response(request, representation_of(1000), usual, without), std::logic_error);
}

// RFC 9110 §14.2: Range is ignored

constexpr PlanRow ignored[] = {
    {.name = "invalid", .range = "bytes=7-1", .content = "0-999"},
    {.name = "one_bad_member", .range = "bytes=0-9,x", .content = "0-999"},
    {.name = "invalid_beats_unsatisfiable", .range = "bytes=5000-,5-2", .content = "0-999"},
};

BOOST_AUTO_TEST_CASE(range_that_is_ignored) {
    for (const PlanRow& row : ignored) check(row);
}

BOOST_AUTO_TEST_CASE(more_ranges_than_the_policy_permits) {
    const Request request{.method = "GET", .target = "/api/stream/abc", .range = "bytes=0-9,5000-,6000-"};
    BOOST_TEST(plan(request, {.max_ranges = 3}).status == 206);
    BOOST_TEST(plan(request, {.max_ranges = 2}).status == 200);
}

// RFC 9110 §15.5.17: no satisfiable range

constexpr PlanRow unsatisfiable[] = {
    {.name = "first_at_the_end", .range = "bytes=1000-", .status = 416, .content_range = "bytes */1000",
     .content_length = text_of_416.size(), .content = text_of_416},
    {.name = "number_beyond_64_bits", .range = "bytes=99999999999999999999-", .status = 416,
     .content_range = "bytes */1000", .content_length = text_of_416.size(), .content = text_of_416},
    {.name = "none_of_several", .range = "bytes=1000-,2000-2001,-0", .status = 416, .content_range = "bytes */1000",
     .content_length = text_of_416.size(), .content = text_of_416},
};

BOOST_AUTO_TEST_CASE(no_satisfiable_range) {
    for (const PlanRow& row : unsatisfiable) check(row);
}

// RFC 9110 §13, §14.2, §15.4.5, §15.5.13: preconditions come before Range, and If-Range last

struct ConditionRow {
    std::string_view name;
    Request request;
    int status = 200;
    std::string_view fields = fields_of_200;
    std::string_view content = "";
};

constexpr const char* same_tag = R"("2ebc9861-3e8")";
constexpr const char* other_tag = R"("x")";
constexpr const char* same_date = "Sun, 06 Nov 1994 08:49:37 GMT";
constexpr const char* earlier_date = "Sun, 06 Nov 1994 08:49:36 GMT";

const ConditionRow conditions[] = {
    {.name = "not_modified_by_tag", .request = {.if_none_match = same_tag}, .status = 304, .fields = fields_of_304},
    {.name = "not_modified_by_date", .request = {.if_modified_since = same_date}, .status = 304,
     .fields = fields_of_304},
    {.name = "not_modified_before_a_range", .request = {.range = "bytes=0-9", .if_none_match = same_tag},
     .status = 304, .fields = fields_of_304},
    {.name = "not_modified_before_an_unsatisfiable_range",
     .request = {.range = "bytes=5000-", .if_none_match = same_tag}, .status = 304, .fields = fields_of_304},
    {.name = "failed_by_tag", .request = {.if_match = other_tag}, .status = 412, .fields = fields_of_error,
     .content = text_of_412},
    {.name = "failed_by_date", .request = {.if_unmodified_since = earlier_date}, .status = 412,
     .fields = fields_of_error, .content = text_of_412},
    {.name = "failed_before_a_range", .request = {.range = "bytes=0-9", .if_match = other_tag}, .status = 412,
     .fields = fields_of_error, .content = text_of_412},
    {.name = "failed_before_an_unsatisfiable_range", .request = {.range = "bytes=5000-", .if_match = other_tag},
     .status = 412, .fields = fields_of_error, .content = text_of_412},
    {.name = "modified_by_tag", .request = {.if_none_match = other_tag}, .content = "0-999"},
    {.name = "modified_and_range", .request = {.range = "bytes=0-9", .if_none_match = other_tag}, .status = 206,
     .fields = fields_of_206, .content = "0-9"},
    {.name = "match_and_range", .request = {.range = "bytes=0-9", .if_match = same_tag}, .status = 206,
     .fields = fields_of_206, .content = "0-9"},
    {.name = "if_range_that_holds", .request = {.range = "bytes=0-9", .if_range = same_tag}, .status = 206,
     .fields = fields_of_206, .content = "0-9"},
    {.name = "if_range_date_that_holds", .request = {.range = "bytes=0-9", .if_range = same_date}, .status = 206,
     .fields = fields_of_206, .content = "0-9"},
    {.name = "if_range_that_does_not", .request = {.range = "bytes=0-9", .if_range = other_tag}, .content = "0-999"},
    {.name = "if_range_that_does_not_and_unsatisfiable", .request = {.range = "bytes=5000-", .if_range = other_tag},
     .content = "0-999"},
    {.name = "if_range_that_holds_and_unsatisfiable", .request = {.range = "bytes=5000-", .if_range = same_tag},
     .status = 416, .fields = fields_of_416, .content = text_of_416},
    {.name = "if_range_without_range", .request = {.if_range = other_tag}, .content = "0-999"},
    {.name = "if_range_that_does_not_and_match", .request = {.range = "bytes=0-9", .if_range = other_tag,
                                                             .if_match = same_tag}, .content = "0-999"},
};

BOOST_AUTO_TEST_CASE(preconditions_and_range) {
    for (const std::string_view method : {"GET", "HEAD"}) {
        for (const ConditionRow& row : conditions) {
            BOOST_TEST_CONTEXT(row.name << ": " << method) {
                Request request = row.request;
                request.method = method;
                const Response response = plan(request);
                BOOST_TEST(response.status == row.status);
                BOOST_TEST(field_names(response) == row.fields);
                BOOST_TEST(describe_content(response) == (method == "HEAD" ? "" : row.content));
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(date_whose_second_has_not_passed_is_no_strong_validator) {
    const Request request{.method = "GET", .range = "bytes=0-9", .if_range = same_date};
    const Surroundings in_that_second{.now = Time{std::chrono::seconds{784'111'777}}, .new_boundary = boundary};
    BOOST_TEST(plan_response(request, representation_of(1000), usual, in_that_second).status == 200);
    BOOST_TEST(plan(request).status == 206);
}

// The web server sends the content

struct OffloadRow {
    std::string_view name;
    Request request;
    std::uint64_t complete_length = 1000;
    bool is_offloaded = false;
    int status = 200;
};

const OffloadRow offloads[] = {
    {.name = "whole", .is_offloaded = true},
    {.name = "range", .request = {.range = "bytes=0-9"}, .is_offloaded = true},
    {.name = "two_that_become_one", .request = {.range = "bytes=0-9,10-19"}, .status = 206},
    {.name = "two", .request = {.range = "bytes=0-9,20-29"}, .status = 206},
    {.name = "ignored_range", .request = {.range = "bytes=7-1"}},
    {.name = "unsatisfiable", .request = {.range = "bytes=1000-"}, .status = 416},
    {.name = "empty_file", .complete_length = 0},
    {.name = "range_of_an_empty_file", .request = {.range = "bytes=0-9"}, .complete_length = 0},
    {.name = "if_range_that_holds", .request = {.range = "bytes=0-9", .if_range = same_tag}, .is_offloaded = true},
    {.name = "if_range_that_does_not", .request = {.range = "bytes=0-9", .if_range = other_tag}},
    {.name = "not_modified", .request = {.if_none_match = same_tag}, .status = 304},
    {.name = "failed", .request = {.if_match = other_tag}, .status = 412},
    {.name = "match", .request = {.if_match = same_tag}},
};

BOOST_AUTO_TEST_CASE(offloaded_is_what_the_web_server_answers_as_we_do) {
    for (const OffloadRow& row : offloads) {
        BOOST_TEST_CONTEXT(row.name) {
            Request request = row.request;
            request.method = "GET";
            Representation representation = representation_of(row.complete_length);
            const Response streamed = plan_response(request, representation, usual, surroundings);
            representation.offload = x_accel_redirect("/internal/", "abc.mp4");
            const Response response = plan_response(request, representation, usual, surroundings);
            BOOST_TEST(response.status == row.status);
            BOOST_TEST(field(response, "X-Accel-Redirect") == (row.is_offloaded ? "/internal/abc.mp4" : "(absent)"));
            if (!row.is_offloaded) BOOST_TEST((response == streamed));
            request.method = "HEAD";
            const Response plain = plan_response(request, representation, usual, surroundings);
            BOOST_TEST(field(plain, "X-Accel-Redirect") == "(absent)");
        }
    }
}

BOOST_AUTO_TEST_CASE(invalid_range_that_the_web_server_might_reject_is_rejected) {
    Representation representation = representation_of(1000);
    const auto status = [&](const char* range) {
        return plan_response({.method = "GET", .range = range}, representation, usual, surroundings).status;
    };
    BOOST_TEST(status("bytes=7-1") == 200);
    representation.offload = x_accel_redirect("/internal/", "abc.mp4");
    BOOST_TEST(status("bytes=7-1") == 200);
    representation.offload = x_sendfile("/films/abc.mp4");
    BOOST_TEST(status("bytes=7-1") == 416);
    BOOST_TEST(status("bytes=7-1,") == 200);
}

BOOST_AUTO_TEST_CASE(fields_of_what_is_offloaded) {
    Request request{.method = "GET", .target = "/api/stream/abc"};
    Representation representation = representation_of(1000);
    const auto names = [&] { return field_names(plan_response(request, representation, usual, surroundings)); };
    representation.offload = x_sendfile("/films/abc.mp4");
    const std::string of_x_sendfile = std::string{fields_of_200} + " X-Sendfile";
    BOOST_TEST(names() == of_x_sendfile);
    // The front server makes Content-Range, and a second Accept-Ranges where we send it.
    representation.offload = x_accel_redirect("/internal/", "abc.mp4");
    BOOST_TEST(names() == "Cache-Control Content-Length Content-Type ETag Last-Modified X-Accel-Redirect");
    request.range = "bytes=0-9";
    BOOST_TEST(names() == std::string{fields_of_200} + " X-Accel-Redirect");
    representation.offload = x_sendfile("/films/abc.mp4");
    BOOST_TEST(names() == of_x_sendfile);
    const Response response = plan_response(request, representation, usual, surroundings);
    BOOST_TEST(field(response, "Content-Length") == "0");
    BOOST_TEST(describe_content(response) == "");
}

// RFC 6266: ?download=1

constexpr std::string_view attachment = "attachment; filename=\"abc.mp4\"; filename*=UTF-8''abc.mp4";

struct DownloadRow {
    std::string_view name;
    Request request;
    int status = 200;
    std::string_view expected = "(absent)";
};

const DownloadRow downloads[] = {
    {.name = "not_asked_for", .request = {.target = "/api/stream/abc"}},
    {.name = "whole", .request = {.target = "/api/stream/abc?download=1"}, .expected = attachment},
    {.name = "one_range", .request = {.target = "/api/stream/abc?download=1", .range = "bytes=0-9"}, .status = 206,
     .expected = attachment},
    {.name = "several_ranges", .request = {.target = "/api/stream/abc?download=1", .range = "bytes=0-9,20-29"},
     .status = 206, .expected = attachment},
    {.name = "another_value", .request = {.target = "/api/stream/abc?download=0"}},
    {.name = "not_modified", .request = {.target = "/api/stream/abc?download=1", .if_none_match = same_tag},
     .status = 304},
    {.name = "failed", .request = {.target = "/api/stream/abc?download=1", .if_match = other_tag}, .status = 412},
    {.name = "unsatisfiable", .request = {.target = "/api/stream/abc?download=1", .range = "bytes=5000-"},
     .status = 416},
};

BOOST_AUTO_TEST_CASE(download_has_a_name) {
    for (const std::string_view method : {"GET", "HEAD"}) {
        for (const DownloadRow& row : downloads) {
            BOOST_TEST_CONTEXT(row.name << ": " << method) {
                Request request = row.request;
                request.method = method;
                const Response response = plan(request);
                BOOST_TEST(response.status == row.status);
                BOOST_TEST(field(response, "Content-Disposition") == row.expected);
            }
        }
    }
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
    std::string_view name;
    Request request;
    int status = 0;
    std::string_view content_type = "(absent)";
};

const StatusRow about_the_representation[] = {
    {.name = "whole", .request = {.method = "GET"}, .status = 200, .content_type = "video/mp4"},
    {.name = "one_part", .request = {.method = "GET", .range = "bytes=0-9"}, .status = 206,
     .content_type = "video/mp4"},
    {.name = "several_parts", .request = {.method = "GET", .range = "bytes=0-9,20-29"}, .status = 206,
     .content_type = "multipart/byteranges; boundary=B"},
    {.name = "not_modified", .request = {.method = "GET", .if_none_match = "*"}, .status = 304},
};

BOOST_AUTO_TEST_CASE(whole_part_and_not_modified_have_the_same_validators) {
    for (const StatusRow& row : about_the_representation) {
        BOOST_TEST_CONTEXT(row.name) {
            const Response response = plan(row.request, {.cache_control = "public, max-age=60", .max_ranges = 100});
            BOOST_TEST(response.status == row.status);
            BOOST_TEST(field(response, "Accept-Ranges") == "bytes");
            BOOST_TEST(field(response, "ETag") == "\"2ebc9861-3e8\"");
            BOOST_TEST(field(response, "Last-Modified") == "Sun, 06 Nov 1994 08:49:37 GMT");
            BOOST_TEST(field(response, "Content-Type") == row.content_type);
            BOOST_TEST(field(response, "Cache-Control") == "public, max-age=60");
            BOOST_TEST(field(plan(row.request), "Cache-Control") == "private");
        }
    }
}

const StatusRow errors[] = {
    {.name = "failed", .request = {.method = "GET", .if_match = other_tag}, .status = 412},
    {.name = "unsatisfiable", .request = {.method = "GET", .range = "bytes=1000-"}, .status = 416},
};

BOOST_AUTO_TEST_CASE(error_is_never_stored) {
    for (const StatusRow& row : errors) {
        BOOST_TEST_CONTEXT(row.name) {
            const Response response = plan(row.request, {.cache_control = "public, max-age=60", .max_ranges = 100});
            BOOST_TEST(response.status == row.status);
            BOOST_TEST(field(response, "Cache-Control") == "no-store");
            BOOST_TEST(field(response, "Content-Type") == "application/json");
        }
    }
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

// RFC 9110 §15.5, §15.6: there is no representation

struct RefusalRow {
    std::string_view name;
    Refusal refusal;
    std::string_view fields = fields_of_error;
    std::string_view content;
};

const RefusalRow refusals[] = {
    {.name = "not_found", .refusal = {404, "Video not found"}, .content = R"({"detail":"Video not found"})"},
    {.name = "internal_error", .refusal = {500, "Internal error"}, .content = R"({"detail":"Internal error"})"},
    {.name = "unavailable", .refusal = {503, "Too many viewers"},
     .fields = "Cache-Control Content-Length Content-Type Retry-After", .content = R"({"detail":"Too many viewers"})"},
};

BOOST_AUTO_TEST_CASE(refusal_whatever_the_request_asks_for) {
    for (const std::string_view method : {"GET", "HEAD"}) {
        for (const RefusalRow& row : refusals) {
            BOOST_TEST_CONTEXT(row.name << ": " << method) {
                const Request request{.method = std::string{method}, .range = "bytes=0-9", .if_none_match = "*"};
                const Response response = plan_response(request, row.refusal, usual, surroundings);
                BOOST_TEST(response.status == row.refusal.status);
                BOOST_TEST(field_names(response) == row.fields);
                BOOST_TEST(field(response, "Content-Length") == std::to_string(row.content.size()));
                BOOST_TEST(describe_content(response) == (method == "HEAD" ? "" : row.content));
            }
        }
    }
}

// RFC 9110 §14.2: what became of Range

struct FateRow {
    std::string_view name;
    Request request;
    RangeFate expected = RangeFate::undecided;
    std::uint64_t complete_length = 1000;
    std::optional<OffloadField> offload = std::nullopt;
};

const FateRow fates[] = {
    {.name = "none", .expected = RangeFate::none},
    {.name = "one_part", .request = {.range = "bytes=0-9"}, .expected = RangeFate::single},
    {.name = "everything", .request = {.range = "bytes=0-"}, .expected = RangeFate::single},
    {.name = "two_that_become_one", .request = {.range = "bytes=0-9,10-19"}, .expected = RangeFate::single},
    {.name = "two", .request = {.range = "bytes=0-9,20-29"}, .expected = RangeFate::multipart},
    {.name = "invalid", .request = {.range = "bytes=7-1"}, .expected = RangeFate::ignored},
    {.name = "if_range_that_does_not_hold", .request = {.range = "bytes=0-9", .if_range = other_tag},
     .expected = RangeFate::ignored},
    {.name = "empty_file", .request = {.range = "bytes=0-9"}, .expected = RangeFate::ignored, .complete_length = 0},
    {.name = "unsatisfiable", .request = {.range = "bytes=1000-"}, .expected = RangeFate::unsatisfiable},
    {.name = "invalid_and_rejected", .request = {.range = "bytes=7-1"}, .expected = RangeFate::unsatisfiable,
     .offload = x_sendfile("/films/abc.mp4")},
    {.name = "left_to_the_web_server", .request = {.method = "GET", .range = "bytes=0-9"},
     .expected = RangeFate::offloaded, .offload = x_sendfile("/films/abc.mp4")},
    {.name = "none_left_to_the_web_server", .request = {.method = "GET"}, .expected = RangeFate::offloaded,
     .offload = x_accel_redirect("/internal/", "abc.mp4")},
    {.name = "not_modified", .request = {.range = "bytes=0-9", .if_none_match = same_tag}},
    {.name = "failed", .request = {.range = "bytes=0-9", .if_match = other_tag}},
    {.name = "preflight", .request = {.method = "OPTIONS", .range = "bytes=0-9"}},
};

BOOST_AUTO_TEST_CASE(response_carries_what_became_of_the_range) {
    for (const FateRow& row : fates) {
        for (const std::string_view method : {"GET", "HEAD"}) {
            if (!row.request.method.empty() && method == "HEAD") continue;
            BOOST_TEST_CONTEXT(row.name << ": " << method) {
                Request request = row.request;
                if (request.method.empty()) request.method = method;
                Representation representation = representation_of(row.complete_length);
                representation.offload = row.offload;
                const Response response = plan_response(request, representation, usual, surroundings);
                BOOST_TEST((response.range == row.expected), static_cast<int>(response.range));
            }
        }
    }
    const Response refused = plan_response({.method = "GET", .range = "bytes=0-9"}, Refusal{404, ""}, usual, surroundings);
    BOOST_TEST((refused.range == RangeFate::undecided));
}

// Fetch standard, section 3.2: every answer can be read by pages of the permitted origins

struct CorsRow {
    std::string_view name;
    Request request;
    int status = 200;
    std::optional<Refusal> refusal = std::nullopt;
};

const CorsRow cors_rows[] = {
    {.name = "whole"},
    {.name = "head", .request = {.method = "HEAD"}},
    {.name = "part", .request = {.range = "bytes=0-9"}, .status = 206},
    {.name = "several_parts", .request = {.range = "bytes=0-9,20-29"}, .status = 206},
    {.name = "preflight", .request = {.method = "OPTIONS"}, .status = 204},
    {.name = "not_modified", .request = {.if_none_match = "*"}, .status = 304},
    {.name = "method", .request = {.method = "POST"}, .status = 405},
    {.name = "failed", .request = {.if_match = other_tag}, .status = 412},
    {.name = "unsatisfiable", .request = {.range = "bytes=1000-"}, .status = 416},
    {.name = "not_found", .status = 404, .refusal = Refusal{404, "Video not found"}},
    {.name = "unavailable", .status = 503, .refusal = Refusal{503, "Too many viewers"}},
};

BOOST_AUTO_TEST_CASE(every_answer_has_the_fields_of_cross_origin_access) {
    for (const CorsRow& row : cors_rows) {
        BOOST_TEST_CONTEXT(row.name) {
            Request request = row.request;
            if (request.method.empty()) request.method = "GET";
            request.origin = "https://a.example";
            const Selection selection = row.refusal ? Selection{*row.refusal} : Selection{representation_of(1000)};
            const auto planned = [&](std::vector<std::string> origins) {
                return plan_response(request, selection, {"private", 100, std::move(origins)}, surroundings);
            };
            const Response allowed = planned({"https://a.example"});
            BOOST_TEST(allowed.status == row.status);
            BOOST_TEST(field(allowed, "Access-Control-Allow-Origin") == "https://a.example");
            BOOST_TEST(field(allowed, "Vary") == "Origin");
            BOOST_TEST(field(allowed, "Access-Control-Allow-Credentials") == "(absent)");
            const Policy with_credentials{"private", 100, {"https://a.example"}, true};
            BOOST_TEST(field(plan_response(request, selection, with_credentials, surroundings),
                             "Access-Control-Allow-Credentials") == "true");
            const Response other = planned({"https://other.example"});
            BOOST_TEST(field(other, "Access-Control-Allow-Origin") == "(absent)");
            BOOST_TEST(field(other, "Vary") == "Origin");
            const Response without = planned({});
            BOOST_TEST(field(without, "Access-Control-Allow-Origin") == "(absent)");
            BOOST_TEST(field(without, "Vary") == "(absent)");
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
    {.method = "DELETE"}, {.method = "OPTIONS"}, {.method = "get"}, {.method = "GETS"}, {.method = ""},
};

BOOST_AUTO_TEST_CASE(methods_that_get_a_representation) {
    for (const MethodRow& row : methods)
        BOOST_TEST_CONTEXT(row.method) { BOOST_TEST(asks_for_representation(row.method) == row.expected); }
}

struct OtherMethodRow {
    std::string_view method;
    int status = 405;
    std::string_view fields = "Allow Cache-Control Content-Length Content-Type";
    std::string_view content = text_of_405;
};

constexpr OtherMethodRow other_methods[] = {
    {.method = "OPTIONS", .status = 204, .fields = "Allow", .content = ""},  // §8.6: no Content-Length
    {.method = "POST"}, {.method = "PUT"}, {.method = "DELETE"}, {.method = "options"}, {.method = ""},
};

BOOST_AUTO_TEST_CASE(methods_that_do_not) {
    for (const OtherMethodRow& row : other_methods) {
        BOOST_TEST_CONTEXT(row.method) {
            const Response response = plan({.method = std::string{row.method}});
            BOOST_TEST(response.status == row.status);
            BOOST_TEST(field_names(response) == row.fields);
            BOOST_TEST(field(response, "Allow") == "GET, HEAD, OPTIONS");
            BOOST_TEST(describe_content(response) == row.content);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::http
