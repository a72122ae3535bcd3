// Owns the tests of who may watch, and of what is told to those who may not.
// Does not test how a link is verified: link_verify_test.cc does.
// SPDX-License-Identifier: MIT
#include "admission.h"

#include <boost/test/unit_test.hpp>

namespace reelgate {
namespace {

using catalog::Permission;
using link::Verdict;

std::string text_of(const std::optional<Refused>& refused) {
    return refused ? std::string{row_of(*refused).why} : "passes";
}

struct LinkRow {
    std::string_view name;
    Verdict verdict;
    LinkUse use;
    std::string_view expected;
};

struct PermissionRow {
    std::string_view name;
    Permission permission;
    std::string_view expected;
};

struct AnswerRow {
    std::string_view name;
    Refused refused;
    std::string www_authenticate = "";
    int status = 403;
    std::string_view detail;
};

BOOST_AUTO_TEST_SUITE(admission)

const LinkRow links[] = {
    {"good_link_that_is_required", Verdict::good, LinkUse::required, "passes"},
    {"good_link_that_is_accepted", Verdict::good, LinkUse::accepted, "passes"},
    {"no_link_where_one_is_required", Verdict::missing, LinkUse::required, "link missing"},
    {"no_link_where_one_is_accepted", Verdict::missing, LinkUse::accepted, "passes"},
    {"bad_link_that_is_required", Verdict::not_valid, LinkUse::required, "link not valid"},
    {"bad_link_that_is_accepted", Verdict::not_valid, LinkUse::accepted, "link not valid"},
    {"late_link_that_is_required", Verdict::expired, LinkUse::required, "link expired"},
    {"late_link_that_is_accepted", Verdict::expired, LinkUse::accepted, "link expired"},
};

BOOST_AUTO_TEST_CASE(link_lets_in) {
    for (const LinkRow& row : links)
        BOOST_TEST_CONTEXT(row.name) BOOST_TEST(text_of(refused_by(row.verdict, row.use)) == row.expected);
}

const PermissionRow permissions[] = {
    {"query_without_the_column", Permission::unasked, "passes"}, {"granted", Permission::granted, "passes"},
    {"login", Permission::login, "not logged in"},               {"forbidden", Permission::forbidden, "not allowed"},
    {"hidden", Permission::hidden, "hidden"},                    {"invalid", Permission::invalid, "not allowed"},
};

BOOST_AUTO_TEST_CASE(catalogue_lets_in) {
    for (const PermissionRow& row : permissions)
        BOOST_TEST_CONTEXT(row.name) BOOST_TEST(text_of(refused_by(row.permission)) == row.expected);
}

const AnswerRow answers[] = {
    {.name = "link_missing", .refused = Refused::link_missing, .detail = "Link missing"},
    {.name = "link_not_valid", .refused = Refused::link_not_valid, .detail = "Link not valid"},
    {.name = "link_expired", .refused = Refused::link_expired, .detail = "Link expired"},
    {.name = "login_with_a_challenge", .refused = Refused::login, .www_authenticate = "Basic", .status = 401,
     .detail = "Log in first"},
    {.name = "login_without_a_challenge", .refused = Refused::login, .detail = "Log in first"},
    {.name = "forbidden", .refused = Refused::forbidden, .www_authenticate = "Basic", .detail = "Not allowed"},
    {.name = "hidden_as_if_there_were_none", .refused = Refused::hidden, .status = 404, .detail = "Video not found"},
};

BOOST_AUTO_TEST_CASE(refused_are_told) {
    for (const AnswerRow& row : answers) {
        BOOST_TEST_CONTEXT(row.name) {
            http::Policy policy;
            policy.www_authenticate = row.www_authenticate;
            const http::Refusal refusal = refusal_of(row.refused, policy);
            BOOST_TEST(refusal.status == row.status);
            BOOST_TEST(refusal.detail == row.detail);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate
