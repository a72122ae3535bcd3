// Owns the tests of the response as a value.
// Does not test which response a request gets: http_plan_test.cc does.
// SPDX-License-Identifier: MIT
#include "http/response.h"

#include <boost/test/unit_test.hpp>

namespace reelgate::http {
namespace {

std::string field(const Response& response, std::string_view name) {
    const std::string* value = find_field(response, name);
    return value ? *value : "(absent)";
}

std::string text_of(const Response& response) {
    std::string text;
    for (const Piece& piece : response.pieces) text += std::get<std::string>(piece);
    return text;
}

BOOST_AUTO_TEST_SUITE(http_response)

// RFC 9110 §8.6: Content-Length

struct LengthRow {
    std::string_view name;
    std::vector<Piece> pieces;
    std::uint64_t expected = 0;
};

const LengthRow lengths[] = {
    {.name = "no_pieces", .pieces = {}, .expected = 0},
    {.name = "text", .pieces = {"0000000|"}, .expected = 8},
    {.name = "empty_text", .pieces = {""}, .expected = 0},
    {.name = "one_byte_of_the_file", .pieces = {ByteRange{7, 7}}, .expected = 1},
    {.name = "text_and_ranges", .pieces = {"ab", ByteRange{0, 9}, "cde", ByteRange{20, 29}}, .expected = 25},
    {.name = "beyond_32_bits", .pieces = {ByteRange{0, 5'368'709'119}, "x"}, .expected = 5'368'709'121},
    {.name = "sum_beyond_32_bits", .pieces = {ByteRange{0, 3'000'000'000}, ByteRange{0, 3'000'000'000}},
     .expected = 6'000'000'002},
};

BOOST_AUTO_TEST_CASE(content_length_is_the_sum_of_the_pieces) {
    for (const LengthRow& row : lengths) {
        BOOST_TEST_CONTEXT(row.name) {
            Response response{200, {}, row.pieces};
            BOOST_TEST(content_length(response) == row.expected);
            seal(response);
            BOOST_TEST(field(response, "Content-Length") == std::to_string(row.expected));
            BOOST_TEST((response.pieces == row.pieces));
        }
    }
}

// RFC 9110 §9.3.2: the answer to HEAD has the fields and no content

struct HeadRow {
    std::string_view method;
    bool has_content = true;
};

constexpr HeadRow heads[] = {
    {.method = "HEAD", .has_content = false},
    {.method = "GET"}, {.method = "OPTIONS"}, {.method = "POST"}, {.method = ""},
    {.method = "head"},  // methods are case-sensitive
};

BOOST_AUTO_TEST_CASE(head_has_the_fields_and_no_content) {
    for (const HeadRow& row : heads) {
        BOOST_TEST_CONTEXT(row.method) {
            Response response{200, {}, {"ab", ByteRange{0, 9}}};
            seal(response);
            drop_content_if_head(response, row.method);
            BOOST_TEST(field(response, "Content-Length") == "12");
            BOOST_TEST(response.pieces.empty() == !row.has_content);
        }
    }
}

// RFC 9110 §6.3: fields

BOOST_AUTO_TEST_CASE(field_is_found_by_its_exact_name) {
    const Response response{200, {{"Content-Type", "video/mp4"}, {"ETag", ""}}, {}};
    BOOST_TEST(field(response, "Content-Type") == "video/mp4");
    BOOST_TEST(field(response, "ETag") == "");
    BOOST_TEST(field(response, "Content-Range") == "(absent)");
    BOOST_TEST(field(response, "Content") == "(absent)");
}

// RFC 9110 §15: statuses

struct PhraseRow {
    int status = 0;
    std::string_view expected;
};

constexpr PhraseRow phrases[] = {
    {.status = 200, .expected = "OK"},
    {.status = 204, .expected = "No Content"},
    {.status = 206, .expected = "Partial Content"},
    {.status = 304, .expected = "Not Modified"},
    {.status = 404, .expected = "Not Found"},
    {.status = 405, .expected = "Method Not Allowed"},
    {.status = 412, .expected = "Precondition Failed"},
    {.status = 416, .expected = "Range Not Satisfiable"},
    {.status = 500, .expected = "Internal Server Error"},
    {.status = 503, .expected = "Service Unavailable"},
};

BOOST_AUTO_TEST_CASE(reason_phrases_are_the_rfcs) {
    for (const PhraseRow& row : phrases)
        BOOST_TEST_CONTEXT(row.status) { BOOST_TEST(reason_phrase(row.status) == row.expected); }
    BOOST_TEST(!reason_phrase(299).empty());
}

struct ErrorRow {
    std::string_view name;
    int status = 0;
    std::string_view allow = "(absent)";
    std::string_view retry_after = "(absent)";
};

constexpr ErrorRow errors[] = {
    {.name = "not_found", .status = 404},
    {.name = "method_not_allowed_names_the_allowed", .status = 405, .allow = "GET, HEAD, OPTIONS"},  // §15.5.6
    {.name = "internal_error", .status = 500},
    {.name = "unavailable_says_when_to_come_again", .status = 503, .retry_after = "5"},  // §15.6.4
};

BOOST_AUTO_TEST_CASE(error_is_json_that_nobody_stores) {
    constexpr std::string_view content = R"({"detail":"Video not found"})";
    for (const ErrorRow& row : errors) {
        BOOST_TEST_CONTEXT(row.name) {
            const Response response = error_response(row.status, "Video not found");
            BOOST_TEST(response.status == row.status);
            BOOST_TEST(text_of(response) == content);
            BOOST_TEST(field(response, "Content-Type") == "application/json");
            BOOST_TEST(field(response, "Cache-Control") == "no-store");
            BOOST_TEST(field(response, "Content-Length") == std::to_string(content.size()));
            BOOST_TEST(field(response, "Allow") == row.allow);
            BOOST_TEST(field(response, "Retry-After") == row.retry_after);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::http
