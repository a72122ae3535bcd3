// Owns the tests of the question of a server that asks before it serves, and of the form of its answer.
// Does not test the decision: handler_test.cc does.
// SPDX-License-Identifier: MIT
#include "http/auth.h"

#include <boost/test/unit_test.hpp>

namespace reelgate::http {
namespace {

constexpr std::string_view nobodys = "(no question)", disputed = "(disputed)", unnamed = "(none)";

struct QuestionRow {
    std::string_view name;
    std::string target;
    std::vector<std::string> rewritten = {};
    std::string front = {};
    std::vector<std::string> fields = {};  ///< "HTTP_X_ORIGINAL_URI=..."
    std::string_view method = "GET";
    std::string_view expected;  ///< target; a link in front of it stands there, too
    std::string_view expected_method = "GET";
};

/// Describes a question by the address that it is about.
std::string text_of(const AuthQuestion& question) {
    if (std::holds_alternative<NoQuestion>(question)) return std::string{nobodys};
    if (std::holds_alternative<DisputedQuestion>(question)) return std::string{disputed};
    const Request& about = std::get<Request>(question);
    const std::string front = about.link_front.empty() ? "" : "/" + about.link_front;
    return about.target.empty() ? std::string{unnamed} : front + about.target;
}

Request request_of(const QuestionRow& row) {
    Request request{.method = std::string{row.method}, .target = row.target, .link_front = row.front,
                    .rewritten = row.rewritten, .range = "bytes=0-"};
    request.variables.emplace();
    for (const std::string& field : row.fields) {
        const auto equals = field.find('=');
        request.variables->add(std::string_view{field}.substr(0, equals), std::string_view{field}.substr(equals + 1));
    }
    return request;
}

BOOST_AUTO_TEST_SUITE(http_auth)

const QuestionRow questions[] = {
    // Whether it is one
    {.name = "another_path", .target = "/films/a", .fields = {"HTTP_X_ORIGINAL_URI=/films/b"}, .expected = nobodys},
    {.name = "path_below", .target = "/auth/", .fields = {"HTTP_X_ORIGINAL_URI=/films/b"}, .expected = nobodys},
    {.name = "path_encoded", .target = "/%61uth", .fields = {"HTTP_X_ORIGINAL_URI=/films/b"}, .expected = nobodys},
    {.name = "link_in_front_of_the_path", .target = "/auth?/films/a", .front = "bcdn_token=x", .expected = nobodys},
    {.name = "absolute_form", .target = "http://h/auth?/films/a", .expected = "/films/a"},
    {.name = "rewritten", .target = "/films/a?x=1", .rewritten = {"/auth?x=1"}, .expected = "/films/a?x=1"},
    {.name = "rewritten_second", .target = "/films/a", .rewritten = {"/x", "/auth"}, .expected = "/films/a"},
    {.name = "rewritten_elsewhere", .target = "/films/a", .rewritten = {"/other"}, .expected = nobodys},
    {.name = "rewritten_with_a_link_in_front", .target = "/films/a", .rewritten = {"/auth"},
     .front = "bcdn_token=x&expires=1", .expected = "/bcdn_token=x&expires=1/films/a"},

    // Where the address stands
    {.name = "nowhere", .target = "/auth", .expected = unnamed},
    {.name = "query_of_something_else", .target = "/auth?token=x&url=/films/a", .expected = unnamed},
    {.name = "original_uri", .target = "/auth", .fields = {"HTTP_X_ORIGINAL_URI=/films/a?token=x&expires=1"},
     .expected = "/films/a?token=x&expires=1"},
    {.name = "original_uri_in_absolute_form", .target = "/auth",
     .fields = {"HTTP_X_ORIGINAL_URI=https://films.example/films/a?b"}, .expected = "https://films.example/films/a?b"},
    {.name = "forwarded_uri", .target = "/auth", .fields = {"HTTP_X_FORWARDED_URI=/films/a"}, .expected = "/films/a"},
    {.name = "link_in_front_in_a_field", .target = "/auth",
     .fields = {"HTTP_X_ORIGINAL_URI=/bcdn_token=x&expires=1/films/a"}, .expected = "/bcdn_token=x&expires=1/films/a"},
    {.name = "query", .target = "/auth?/films/a?token=x&expires=1", .expected = "/films/a?token=x&expires=1"},
    {.name = "query_encoded", .target = "/auth?uri=%2Ffilms%2Fa%3Ftoken%3Dx%26expires%3D1",
     .expected = "/films/a?token=x&expires=1"},
    {.name = "query_decoded_once", .target = "/auth?uri=/films/a%2541", .expected = "/films/a%41"},
    {.name = "query_encoded_beside_another", .target = "/auth?a=b&uri=%2Ffilms%2Fa&c", .expected = "/films/a"},
    {.name = "white_space_around_a_field", .target = "/auth", .fields = {"HTTP_X_ORIGINAL_URI= /films/a\t"},
     .expected = "/films/a"},
    {.name = "comma_in_a_query", .target = "/auth", .fields = {"HTTP_X_ORIGINAL_URI=/films/a?token_countries=CA,US"},
     .expected = "/films/a?token_countries=CA,US"},

    // Several
    {.name = "all_agree", .target = "/films/a?x", .rewritten = {"/auth?/films/a?x"},
     .fields = {"HTTP_X_ORIGINAL_URI=/films/a?x", "HTTP_X_FORWARDED_URI=http://h/films/%61?x"},
     .expected = "/films/a?x"},
    {.name = "client_writes_the_field", .target = "/films/secret", .rewritten = {"/auth"},
     .fields = {"HTTP_X_ORIGINAL_URI=/films/public"}, .expected = disputed},
    {.name = "client_writes_the_other_field", .target = "/auth",
     .fields = {"HTTP_X_ORIGINAL_URI=/films/secret", "HTTP_X_FORWARDED_URI=/films/public"}, .expected = disputed},
    {.name = "client_writes_the_query", .target = "/films/secret?uri=/films/public",
     .rewritten = {"/auth?uri=/films/public"}, .expected = disputed},
    {.name = "client_writes_a_field_twice", .target = "/auth",
     .fields = {"HTTP_X_ORIGINAL_URI=/films/public?x", "HTTP_X_ORIGINAL_URI=/films/secret"}, .expected = disputed},
    {.name = "lines_joined_without_a_blank", .target = "/auth",
     .fields = {"HTTP_X_ORIGINAL_URI=/films/public?x,/films/secret"}, .expected = disputed},
    {.name = "lines_joined_in_absolute_form", .target = "/auth",
     .fields = {"HTTP_X_ORIGINAL_URI=/films/public?x,http://h/films/secret"}, .expected = disputed},
    {.name = "uri_twice", .target = "/auth?uri=/films/public&uri=/films/secret", .expected = disputed},
    {.name = "uri_twice_alike", .target = "/auth?uri=/films/a&uri=/films/a", .expected = "/films/a"},
    {.name = "other_query", .target = "/films/a?token=x", .rewritten = {"/auth"},
     .fields = {"HTTP_X_ORIGINAL_URI=/films/a?token=y"}, .expected = disputed},
    {.name = "other_link_in_front", .target = "/auth?/films/a",
     .fields = {"HTTP_X_ORIGINAL_URI=/bcdn_token=x/films/a"}, .expected = disputed},

    // No address
    {.name = "no_path", .target = "/auth", .fields = {"HTTP_X_ORIGINAL_URI=films/a"}, .expected = disputed},
    {.name = "blank", .target = "/auth", .fields = {"HTTP_X_ORIGINAL_URI=/films/a b"}, .expected = disputed},
    {.name = "line_break", .target = "/auth?uri=/films/a%0a", .expected = disputed},
    {.name = "uri_that_cannot_be_decoded", .target = "/auth?uri=/films/%zz", .expected = disputed},
    {.name = "uri_empty", .target = "/auth?uri=", .expected = disputed},
    {.name = "path_that_cannot_be_decoded", .target = "/auth",
     .fields = {"HTTP_X_ORIGINAL_URI=/films/%zz", "HTTP_X_FORWARDED_URI=/films/%zz"}, .expected = disputed},
    {.name = "empty_field_is_none", .target = "/auth?/films/a", .fields = {"HTTP_X_ORIGINAL_URI="},
     .expected = "/films/a"},

    // Methods
    {.name = "head", .target = "/auth?/films/a", .method = "HEAD", .expected = "/films/a"},
    {.name = "post", .target = "/auth?/films/a", .method = "POST", .expected = "/films/a"},
    {.name = "options", .target = "/auth?/films/a", .method = "OPTIONS", .expected = "/films/a",
     .expected_method = "OPTIONS"},
    {.name = "forwarded_method_counts_for_nothing", .target = "/auth?/films/a",
     .fields = {"HTTP_X_FORWARDED_METHOD=OPTIONS"}, .expected = "/films/a"},
};

BOOST_AUTO_TEST_CASE(address_asked_about) {
    for (const QuestionRow& row : questions) {
        BOOST_TEST_CONTEXT(row.name) {
            const AuthQuestion question = auth_question(request_of(row), "/auth");
            BOOST_TEST(text_of(question) == row.expected);
            BOOST_TEST(text_of(auth_question(request_of(row), "")) == nobodys);
            const auto* const about = std::get_if<Request>(&question);
            if (!about) continue;
            BOOST_TEST(about->method == row.expected_method);
            BOOST_TEST(about->rewritten.empty());
            BOOST_TEST(about->variables.has_value());
        }
    }
}

struct FormRow {
    std::string_view name;
    std::optional<Refusal> refusal;
    int status;
    std::vector<Field> fields;
};

const FormRow forms[] = {
    {.name = "yes", .refusal = {}, .status = 204, .fields = {{"Cache-Control", "no-store"}}},
    {.name = "log_in", .refusal = Refusal{401, "Log in first"}, .status = 401,
     .fields = {{"Cache-Control", "no-store"}, {"WWW-Authenticate", "Basic"}, {"Content-Length", "0"}}},
    {.name = "no", .refusal = Refusal{403, "Not allowed"}, .status = 403,
     .fields = {{"Cache-Control", "no-store"}, {"Content-Length", "0"}}},
    {.name = "unknown", .refusal = Refusal{404, "Video not found"}, .status = 404,
     .fields = {{"Cache-Control", "no-store"}, {"Content-Length", "0"}}},
    {.name = "not_now", .refusal = Refusal{503, "Catalogue not available"}, .status = 503,
     .fields = {{"Cache-Control", "no-store"}, {"Retry-After", "5"}, {"Content-Length", "0"}}},
};

BOOST_AUTO_TEST_CASE(answer_has_no_content) {
    const Policy policy{.cache_control = "public", .www_authenticate = "Basic"};
    for (const FormRow& row : forms) {
        BOOST_TEST_CONTEXT(row.name) {
            const Response response = auth_answer(row.refusal ? &*row.refusal : nullptr, policy);
            BOOST_TEST(response.status == row.status);
            BOOST_TEST((response.fields == row.fields));
            BOOST_TEST(response.pieces.empty());
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::http
