// Owns the tests of what caches are told of an answer that is for the one who asks.
// SPDX-License-Identifier: MIT
#include <boost/test/unit_test.hpp>

#include "http/plan.h"

namespace reelgate::http {
namespace {

std::string boundary() { return "B"; }

std::string field(const Response& response, std::string_view name) {
    const std::string* value = find_field(response, name);
    return value ? *value : "(absent)";
}

struct PersonalRow {
    std::string_view name;
    Request request{.method = "GET", .target = "/v/a"};
    std::optional<Refusal> refusal = std::nullopt;
    Dependence dependence{};
    bool cache_protected = false;
    std::vector<std::string> cors_origins{};
    int status = 200;
    std::string_view cache_control = "public, max-age=60";
    std::string_view vary = "(absent)";
};

const Dependence cookie{.is_personal = true, .fields = {"Cookie"}};
constexpr std::string_view personal = "private, no-cache";

BOOST_AUTO_TEST_SUITE(http_plan_personal)

const PersonalRow rows[] = {
    {.name = "nobody_in_particular"},
    {.name = "link", .dependence = {.is_personal = true}, .cache_control = personal},
    {.name = "cookie", .dependence = cookie, .cache_control = personal, .vary = "Cookie"},
    {.name = "two_fields", .dependence = {.is_personal = true, .fields = {"Cookie", "Authorization"}},
     .cache_control = personal, .vary = "Cookie, Authorization"},
    {.name = "cache_that_verifies_itself", .dependence = cookie, .cache_protected = true, .vary = "Cookie"},
    {.name = "listed_origins", .dependence = cookie, .cors_origins = {"https://a.example"},
     .cache_control = personal, .vary = "Origin, Cookie"},
    {.name = "listed_origins_and_a_query_that_names_the_origin",
     .dependence = {.is_personal = true, .fields = {"Cookie", "Origin"}}, .cors_origins = {"https://a.example"},
     .cache_control = personal, .vary = "Origin, Cookie"},
    {.name = "any_origin", .dependence = cookie, .cors_origins = {"*"}, .cache_control = personal, .vary = "Cookie"},
    {.name = "head", .request = {.method = "HEAD", .target = "/v/a"}, .dependence = cookie,
     .cache_control = personal, .vary = "Cookie"},
    {.name = "range", .request = {.method = "GET", .target = "/v/a", .range = "bytes=0-1"}, .dependence = cookie,
     .status = 206, .cache_control = personal, .vary = "Cookie"},
    {.name = "not_modified", .request = {.method = "GET", .target = "/v/a", .if_none_match = "\"t\""},
     .dependence = cookie, .status = 304, .cache_control = personal, .vary = "Cookie"},
    {.name = "precondition_failed", .request = {.method = "GET", .target = "/v/a", .if_match = "\"u\""},
     .dependence = cookie, .status = 412, .cache_control = "no-store", .vary = "Cookie"},
    {.name = "unsatisfiable", .request = {.method = "GET", .target = "/v/a", .range = "bytes=9999-"},
     .dependence = cookie, .status = 416, .cache_control = "no-store", .vary = "Cookie"},
    {.name = "refused", .refusal = Refusal{403, "Not allowed"}, .dependence = cookie, .status = 403,
     .cache_control = "no-store", .vary = "Cookie"},
    {.name = "refused_before_the_cache_that_verifies_itself", .refusal = Refusal{403, "Not allowed"},
     .dependence = cookie, .cache_protected = true, .status = 403, .cache_control = "no-store", .vary = "Cookie"},
    {.name = "not_found", .refusal = Refusal{404, "Video not found"}, .dependence = cookie, .status = 404,
     .cache_control = "no-store", .vary = "Cookie"},
    {.name = "preconditions_of_the_refused", .request = {.method = "GET", .target = "/v/a", .if_none_match = "*"},
     .refusal = Refusal{403, "Not allowed"}, .dependence = cookie, .status = 403, .cache_control = "no-store",
     .vary = "Cookie"},
    {.name = "range_of_the_refused", .request = {.method = "GET", .target = "/v/a", .range = "bytes=9999-"},
     .refusal = Refusal{401, "Log in first"}, .dependence = cookie, .status = 401, .cache_control = "no-store",
     .vary = "Cookie"},
    {.name = "options_depends_on_nobody", .request = {.method = "OPTIONS", .target = "/v/a"}, .dependence = cookie,
     .status = 204, .cache_control = "(absent)"},
};

BOOST_AUTO_TEST_CASE(caches_are_told) {
    for (const PersonalRow& row : rows) {
        BOOST_TEST_CONTEXT(row.name) {
            const Policy policy{.cache_control = "public, max-age=60", .max_ranges = 100,
                                .cors_origins = row.cors_origins, .cache_protected = row.cache_protected,
                                .www_authenticate = "Basic realm=\"x\""};
            const Surroundings surroundings{.now = Time{std::chrono::seconds{1'767'225'600}}, .new_boundary = boundary,
                                            .dependence = row.dependence};
            const Representation film{.complete_length = 1000, .entity_tag = {.opaque = "t"},
                                      .last_modified = Time{std::chrono::seconds{784'111'777}},
                                      .media_type = "video/mp4", .download_name = "a.mp4"};
            const Selection selection = row.refusal ? Selection{*row.refusal} : Selection{film};
            const Response response = plan_response(row.request, selection, policy, surroundings);
            BOOST_TEST(response.status == row.status);
            BOOST_TEST(field(response, "Cache-Control") == row.cache_control);
            BOOST_TEST(field(response, "Vary") == row.vary);
            BOOST_TEST(field(response, "WWW-Authenticate") == (row.status == 401 ? "Basic realm=\"x\"" : "(absent)"));
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::http
