// Owns the tests of cross-origin access: which fields an answer gets, for whom.
// SPDX-License-Identifier: MIT
#include "http/cors.h"

#include <boost/test/unit_test.hpp>

namespace reelgate::http {
namespace {

/// Writes fields as they stand in a header section.
std::string lines_of(const std::vector<Field>& fields) {
    std::string text;
    for (const Field& field : fields) text.append(field.name).append(": ").append(field.value).append("\n");
    return text;
}

Request request_from(std::optional<std::string> origin, std::string method = "GET") {
    return {.method = std::move(method), .target = "/api/stream/abc", .origin = std::move(origin)};
}

using Origins = std::vector<std::string>;

struct CorsRow {
    std::string_view name;
    Origins allowed;
    Request request;
    std::string expected;
    bool with_credentials = false;
};

void check(const CorsRow& row) {
    BOOST_TEST_CONTEXT(row.name) {
        Response response{200, {}, {}};
        add_cors_fields(response, row.request, row.allowed, row.with_credentials);
        BOOST_TEST(lines_of(response.fields) == row.expected);
        BOOST_TEST(response.status == 200);
    }
}

const Origins two{"https://a.example", "http://b.example:8080"};
const std::string vary = "Vary: Origin\n";
const std::string expose =
    "Access-Control-Expose-Headers: Content-Length, Content-Range, Accept-Ranges, ETag\n";
const std::string preflight =
    "Access-Control-Allow-Methods: GET, HEAD\n"
    "Access-Control-Allow-Headers: Range, If-Range, If-Match, If-None-Match, If-Modified-Since, If-Unmodified-Since\n"
    "Access-Control-Max-Age: 86400\n";

std::string allow(const std::string& origin) { return "Access-Control-Allow-Origin: " + origin + "\n"; }

BOOST_AUTO_TEST_SUITE(http_cors)

// Fetch standard, section 3.2: what a page of another origin may read

const CorsRow answers[] = {
    {.name = "nothing_allowed", .allowed = {}, .request = request_from("https://a.example"), .expected = ""},
    {.name = "nothing_allowed_and_no_origin", .allowed = {}, .request = request_from(std::nullopt), .expected = ""},
    {.name = "everybody", .allowed = {"*"}, .request = request_from("https://a.example"),
     .expected = allow("*") + expose},
    {.name = "everybody_without_an_origin", .allowed = {"*"}, .request = request_from(std::nullopt),
     .expected = allow("*") + expose},
    {.name = "first_of_the_list", .allowed = two, .request = request_from("https://a.example"),
     .expected = vary + allow("https://a.example") + expose},
    {.name = "second_of_the_list", .allowed = two, .request = request_from("http://b.example:8080"),
     .expected = vary + allow("http://b.example:8080") + expose},
    {.name = "head", .allowed = two, .request = request_from("https://a.example", "HEAD"),
     .expected = vary + allow("https://a.example") + expose},
    {.name = "no_origin", .allowed = two, .request = request_from(std::nullopt), .expected = vary},
    {.name = "empty_origin", .allowed = two, .request = request_from(""), .expected = vary},
    {.name = "another_origin", .allowed = two, .request = request_from("https://c.example"), .expected = vary},
    {.name = "another_scheme", .allowed = two, .request = request_from("http://a.example"), .expected = vary},
    {.name = "another_port", .allowed = two, .request = request_from("https://a.example:444"), .expected = vary},
    {.name = "origin_that_begins_alike", .allowed = two, .request = request_from("https://a.example.net"),
     .expected = vary},
    {.name = "several_origins", .allowed = two, .request = request_from("https://a.example, http://b.example:8080"),
     .expected = vary},
    {.name = "opaque_origin", .allowed = two, .request = request_from("null"), .expected = vary},
    {.name = "star_is_no_origin", .allowed = two, .request = request_from("*"), .expected = vary},
};

BOOST_AUTO_TEST_CASE(origin_is_allowed_or_not) {
    for (const CorsRow& row : answers) check(row);
}

// Fetch standard, section 3.2.2: preflights

const CorsRow preflights[] = {
    {.name = "nothing_allowed", .allowed = {}, .request = request_from("https://a.example", "OPTIONS"),
     .expected = ""},
    {.name = "everybody", .allowed = {"*"}, .request = request_from("https://a.example", "OPTIONS"),
     .expected = allow("*") + preflight},
    {.name = "listed", .allowed = two, .request = request_from("https://a.example", "OPTIONS"),
     .expected = vary + allow("https://a.example") + preflight},
    {.name = "not_listed", .allowed = two, .request = request_from("https://c.example", "OPTIONS"), .expected = vary},
    {.name = "no_origin", .allowed = two, .request = request_from(std::nullopt, "OPTIONS"), .expected = vary},
};

BOOST_AUTO_TEST_CASE(preflight_names_methods_and_fields) {
    for (const CorsRow& row : preflights) check(row);
}

// Fetch standard, section 3.2.5: requests with cookies

const std::string credentials = "Access-Control-Allow-Credentials: true\n";

const CorsRow with_credentials[] = {
    {.name = "listed", .allowed = two, .request = request_from("https://a.example"),
     .expected = vary + allow("https://a.example") + credentials + expose, .with_credentials = true},
    {.name = "preflight", .allowed = two, .request = request_from("https://a.example", "OPTIONS"),
     .expected = vary + allow("https://a.example") + credentials + preflight, .with_credentials = true},
    {.name = "not_listed", .allowed = two, .request = request_from("https://c.example"), .expected = vary,
     .with_credentials = true},
    {.name = "no_origin", .allowed = two, .request = request_from(std::nullopt), .expected = vary,
     .with_credentials = true},
    {.name = "nothing_allowed", .allowed = {}, .request = request_from("https://a.example"), .expected = "",
     .with_credentials = true},
    {.name = "never_for_everybody", .allowed = {"*"}, .request = request_from("https://a.example"),
     .expected = allow("*") + expose, .with_credentials = true},
};

BOOST_AUTO_TEST_CASE(listed_origin_may_ask_with_cookies) {
    for (const CorsRow& row : with_credentials) check(row);
}

BOOST_AUTO_TEST_CASE(error_keeps_its_fields_and_can_be_read) {
    Response response = error_response(404, "Video not found");
    const std::string before = lines_of(response.fields);
    const std::vector<Piece> pieces = response.pieces;
    add_cors_fields(response, request_from("https://a.example"), two);
    BOOST_TEST(lines_of(response.fields) == before + vary + allow("https://a.example") + expose);
    BOOST_TEST(response.status == 404);
    BOOST_TEST((response.pieces == pieces));
}

// RFC 6454 §6.2: what is an origin

struct OriginRow {
    std::string_view name;
    std::string_view text;
    bool expected = false;
};

constexpr OriginRow origins[] = {
    {.name = "host", .text = "https://a.example", .expected = true},
    {.name = "host_and_port", .text = "http://localhost:5173", .expected = true},
    {.name = "address", .text = "http://127.0.0.1:80", .expected = true},
    {.name = "address_of_ipv6", .text = "http://[::1]:8080", .expected = true},
    {.name = "scheme_of_an_application", .text = "capacitor://localhost", .expected = true},
    {.name = "everybody", .text = "*", .expected = true},
    {.name = "empty", .text = ""},
    {.name = "host_alone", .text = "a.example"},
    {.name = "no_scheme", .text = "://a.example"},
    {.name = "no_host", .text = "https://"},
    {.name = "one_slash", .text = "https:/a.example"},
    {.name = "slash_behind_it", .text = "https://a.example/"},
    {.name = "path", .text = "https://a.example/player"},
    {.name = "query", .text = "https://a.example?x"},
    {.name = "fragment", .text = "https://a.example#x"},
    {.name = "user", .text = "https://user@a.example"},
    {.name = "pattern_in_the_host", .text = "https://*.example"},
    {.name = "two_with_a_comma", .text = "https://a.example,https://b.example"},
    {.name = "space_behind_it", .text = "https://a.example "},
    {.name = "tab_inside", .text = "https://a\texample"},
    {.name = "opaque_origin", .text = "null"},
    {.name = "capitals_which_no_browser_sends", .text = "https://A.example"},
    {.name = "capital_in_the_scheme", .text = "HTTPS://a.example"},
    {.name = "space_before_it", .text = " https://a.example"},
    {.name = "line_break_inside", .text = "https://a.example\r\n"},
};

BOOST_AUTO_TEST_CASE(origin_is_scheme_host_and_port) {
    for (const OriginRow& row : origins)
        BOOST_TEST_CONTEXT(row.name) { BOOST_TEST(is_cors_origin(row.text) == row.expected); }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::http
