// Owns the tests of who may watch, on the way from a Request to an answer: the order of what is asked, and what clients
// and caches are told.
// Does not test what the column's values are: catalog_allow_test.cc does; nor links: link_verify_test.cc does.
// SPDX-License-Identifier: MIT
#include <boost/test/unit_test.hpp>

#include "catalog/writer.h"
#include "child_process.h"
#include "handler.h"
#include "link/token.h"
#include "log.h"
#include "temporary_folder.h"

namespace reelgate {
namespace {

constexpr std::int64_t far = 4'000'000'000;

/// Which link a request shows.
enum class Shown { none, good, bad };

/// Signs a link for a path, as an application does.
std::string link_for(std::string_view path, const link::Key& key) {
    const std::string expires = std::to_string(far);
    const link::Terms terms{.path = path, .expires = expires, .address = {}, .parameters = {}};
    return std::string{"token="}.append(link::token_begin) + link::signature_of(key.secret, terms) +
           "&expires=" + expires;
}

std::string field(const Outcome& outcome, std::string_view name) {
    const std::string* value = http::find_field(outcome.response, name);
    return value ? *value : "(absent)";
}

std::string content_of(const Outcome& outcome) {
    std::string text;
    for (const http::Piece& piece : outcome.response.pieces)
        if (const auto* literal = std::get_if<std::string>(&piece)) text += *literal;
    return outcome.film ? "(film)" : text;
}

/// A volume with films whose rows say who may watch: the user whose session the cookie names.
struct Gated {
    TemporaryFolder folder;
    HandlerSettings settings{
        .places = {
            .database = folder / "app.db",
            .videos = {folder.make_folder("videos")},
            .query = "SELECT v.status, CASE WHEN v.fixed IS NOT NULL THEN v.fixed WHEN s.user IS NULL THEN 401"
                     " WHEN s.user = v.owner THEN 200 ELSE 403 END AS allow FROM films v"
                     " LEFT JOIN sessions s ON s.token = :_cookie_session WHERE v.id = :id",
            .ready = "complete",
            .prefix = "/v/",
        },
        .policy = {.cache_control = "public, max-age=60", .max_ranges = 100, .cors_origins = {}},
        .delivery = {},
    };

    Gated() {
        run_sqlite(settings.places.database,
                   "CREATE TABLE films (id TEXT PRIMARY KEY, status, owner, fixed);"
                   "CREATE TABLE sessions (token TEXT PRIMARY KEY, user);"
                   "INSERT INTO films VALUES ('film', 'complete', 'ada', NULL), ('open', 'complete', NULL, 200),"
                   " ('hidden', 'complete', 'ada', 404), ('odd', 'complete', 'ada', 'x' || char(10)),"
                   " ('pending', 'pending', 'ada', NULL), ('gone', 'complete', 'ada', NULL);"
                   "INSERT INTO sessions VALUES ('A', 'ada'), ('B', 'bob');");
        for (const char* const id : {"film", "open", "hidden", "odd", "pending"})
            folder.write("videos/" + std::string{id} + ".mp4", "film's bytes");
    }

    void set_links(LinkUse use) {
        settings.links.key_file = folder / "keys";
        settings.links.use = use;
        settings.links.keys = std::make_shared<const link::Keys>(
            link::Keys{{"key 1", crypto::HmacKey{std::string(32, 'k')}}});
    }

    http::Request request(const std::string& path, std::string_view cookies, Shown shown = Shown::none) const {
        http::Request request{.method = "GET", .target = path};
        if (shown == Shown::good) request.target += "?" + link_for(path, settings.links.keys->front());
        if (shown == Shown::bad) request.target += "?token=HS256-x&expires=" + std::to_string(far);
        request.variables.emplace();
        if (!cookies.empty()) request.variables->add("HTTP_COOKIE", cookies);
        return request;
    }

    Outcome answer(const http::Request& request) const { return Handler{settings}.answer(request); }
};

struct AdmissionRow {
    std::string_view name;
    std::string id = "film";
    std::string_view cookies{};
    Shown shown = Shown::none;
    int status;
    std::string_view content = "(film)";
    std::optional<Refused> refused = std::nullopt;
    std::size_t look_ups = 1;
};

constexpr std::string_view not_found = R"({"detail":"Video not found"})";
constexpr std::string_view not_allowed = R"({"detail":"Not allowed"})";
constexpr std::string_view log_in = R"({"detail":"Log in first"})";
constexpr std::string_view internal_error = R"({"detail":"Internal error"})";
constexpr std::string_view not_complete = R"({"detail":"Video download not complete"})";
constexpr std::string_view link_missing = R"({"detail":"Link missing"})";
constexpr std::string_view link_not_valid = R"({"detail":"Link not valid"})";

BOOST_FIXTURE_TEST_SUITE(handler_admission, Gated)

void check(const Gated& gated, const AdmissionRow& row) {
    BOOST_TEST_CONTEXT(row.name) {
        const Outcome given = gated.answer(gated.request("/v/" + row.id, row.cookies, row.shown));
        BOOST_TEST(given.response.status == row.status);
        BOOST_TEST(content_of(given) == row.content);
        BOOST_TEST((given.refused == row.refused));
        BOOST_TEST(given.catalog_use.look_ups == row.look_ups);
        // What the query asks is known once it was asked.
        if (row.look_ups > 0) BOOST_TEST(field(given, "Vary") == "Cookie");
        BOOST_TEST(field(given, "Cache-Control") == (row.status == 200 ? "private, no-cache" : "no-store"));
    }
}

// The column allow, by the session that a cookie names

const AdmissionRow sessions[] = {
    {.name = "owner", .cookies = "session=A", .status = 200},
    {.name = "owner_among_cookies", .cookies = "a=1; session=\"A\"; b=2", .status = 200},
    {.name = "another_user", .cookies = "session=B", .status = 403, .content = not_allowed,
     .refused = Refused::forbidden},
    {.name = "no_cookie", .status = 403, .content = log_in, .refused = Refused::login},
    {.name = "no_such_session", .cookies = "session=C", .status = 403, .content = log_in, .refused = Refused::login},
    {.name = "empty_cookie", .cookies = "session=", .status = 403, .content = log_in, .refused = Refused::login},
    {.name = "two_sessions", .cookies = "session=A; session=B", .status = 403, .content = log_in,
     .refused = Refused::login},
    {.name = "film_for_everybody", .id = "open", .status = 200},
    {.name = "film_that_is_hidden", .id = "hidden", .cookies = "session=A", .status = 404, .content = not_found,
     .refused = Refused::hidden},
    {.name = "no_such_film", .id = "none", .cookies = "session=A", .status = 404, .content = not_found},
    {.name = "value_that_is_none", .id = "odd", .cookies = "session=A", .status = 500, .content = internal_error},
    // Whether it is complete is told to those who may watch it.
    {.name = "incomplete_for_its_owner", .id = "pending", .cookies = "session=A", .status = 404,
     .content = not_complete},
    {.name = "incomplete_for_another", .id = "pending", .cookies = "session=B", .status = 403, .content = not_allowed,
     .refused = Refused::forbidden},
    {.name = "no_file_for_its_owner", .id = "gone", .cookies = "session=A", .status = 404,
     .content = R"({"detail":"Video file not found: gone"})"},
    {.name = "no_file_for_another", .id = "gone", .cookies = "session=B", .status = 403, .content = not_allowed,
     .refused = Refused::forbidden},
    {.name = "extension_behind_the_id", .id = "film.mp4", .cookies = "session=A", .status = 200, .look_ups = 2},
    {.name = "extension_behind_the_id_for_another", .id = "film.mp4", .cookies = "session=B", .status = 403,
     .content = not_allowed, .refused = Refused::forbidden, .look_ups = 2},
};

BOOST_AUTO_TEST_CASE(session_that_the_cookie_names) {
    for (const AdmissionRow& row : sessions) check(*this, row);
}

// A link is looked at before the catalogue

const AdmissionRow required[] = {
    {.name = "link_and_session", .cookies = "session=A", .shown = Shown::good, .status = 200},
    {.name = "link_without_a_session", .shown = Shown::good, .status = 403, .content = log_in,
     .refused = Refused::login},
    {.name = "session_without_a_link", .cookies = "session=A", .status = 403, .content = link_missing,
     .refused = Refused::link_missing, .look_ups = 0},
    {.name = "bad_link", .cookies = "session=A", .shown = Shown::bad, .status = 403, .content = link_not_valid,
     .refused = Refused::link_not_valid, .look_ups = 0},
    {.name = "bad_link_to_no_film", .id = "none", .shown = Shown::bad, .status = 403, .content = link_not_valid,
     .refused = Refused::link_not_valid, .look_ups = 0},
    {.name = "link_to_a_film_that_is_hidden", .id = "hidden", .cookies = "session=A", .shown = Shown::good,
     .status = 404, .content = not_found, .refused = Refused::hidden},
    {.name = "link_to_a_value_that_is_none", .id = "odd", .shown = Shown::good, .status = 500,
     .content = internal_error},
    {.name = "link_to_an_incomplete_film", .id = "pending", .cookies = "session=A", .shown = Shown::good,
     .status = 404, .content = not_complete},
};

BOOST_AUTO_TEST_CASE(link_that_is_required) {
    set_links(LinkUse::required);
    for (const AdmissionRow& row : required) check(*this, row);
}

/// With :_link a query lets in with a link or a session.
const AdmissionRow accepted[] = {
    {.name = "link_alone", .shown = Shown::good, .status = 200},
    {.name = "session_alone", .cookies = "session=A", .status = 200},
    {.name = "link_and_another_session", .cookies = "session=B", .shown = Shown::good, .status = 200},
    {.name = "neither", .status = 403, .content = log_in, .refused = Refused::login},
    {.name = "bad_link_beside_a_session", .cookies = "session=A", .shown = Shown::bad, .status = 403,
     .content = link_not_valid, .refused = Refused::link_not_valid, .look_ups = 0},
};

BOOST_AUTO_TEST_CASE(link_or_session) {
    set_links(LinkUse::accepted);
    settings.places.query = "SELECT v.status, CASE WHEN :_link THEN 200 WHEN s.user IS NULL THEN 401"
                            " WHEN s.user = v.owner THEN 200 ELSE 403 END AS allow FROM films v"
                            " LEFT JOIN sessions s ON s.token = :_cookie_session WHERE v.id = :id";
    for (const AdmissionRow& row : accepted) check(*this, row);
}

// What is told

BOOST_AUTO_TEST_CASE(challenge_is_sent_with_a_401) {
    settings.policy.www_authenticate = "Basic realm=\"films\"";
    const Outcome stranger = answer(request("/v/film", ""));
    BOOST_TEST(stranger.response.status == 401);
    BOOST_TEST(content_of(stranger) == log_in);
    BOOST_TEST(field(stranger, "WWW-Authenticate") == "Basic realm=\"films\"");
    BOOST_TEST(field(stranger, "Cache-Control") == "no-store");
    const Outcome other = answer(request("/v/film", "session=B"));
    BOOST_TEST(other.response.status == 403);
    BOOST_TEST(field(other, "WWW-Authenticate") == "(absent)");
}

BOOST_AUTO_TEST_CASE(value_that_is_none_is_noted) {
    const Outcome given = answer(request("/v/odd", "session=A"));
    BOOST_TEST_REQUIRE(given.notes.size() == 1);
    BOOST_TEST((level_of(given.notes.front().what.kind) == LogLevel::error));
    BOOST_TEST(posix::text_of(given.notes.front().what) ==
               "catalogue: allow of odd: a text is none of 1, 200, 0, 401, 403, 404 and NULL: all are refused");
    for (const char* const other : {"film", "hidden", "none"})
        BOOST_TEST(answer(request("/v/" + std::string{other}, "session=A")).notes.empty(), other);
}

BOOST_AUTO_TEST_CASE(hidden_film_is_told_as_none) {
    const Outcome hidden = answer(request("/v/hidden", "session=A")), none = answer(request("/v/none", "session=A"));
    BOOST_TEST(content_of(hidden) == content_of(none));
    BOOST_TEST((hidden.response.fields.size() == none.response.fields.size()));
    for (const http::Field& each : hidden.response.fields) BOOST_TEST(field(none, each.name) == each.value, each.name);
}

struct CacheRow {
    std::string_view name;
    std::string_view cookies = "session=A";
    bool cache_protected = false;
    std::vector<std::string> cors_origins{};
    std::string_view cache_control;
    std::string_view vary = "Cookie";
};

const CacheRow caches[] = {
    {.name = "private", .cache_control = "private, no-cache"},
    {.name = "cache_that_verifies_itself", .cache_protected = true, .cache_control = "public, max-age=60"},
    {.name = "refused_there", .cookies = "session=B", .cache_protected = true, .cache_control = "no-store"},
    {.name = "listed_origins", .cors_origins = {"https://a.example"}, .cache_control = "private, no-cache",
     .vary = "Origin, Cookie"},
    {.name = "any_origin", .cors_origins = {"*"}, .cache_control = "private, no-cache"},
    {.name = "listed_origins_and_a_cache_that_verifies_itself", .cache_protected = true,
     .cors_origins = {"https://a.example"}, .cache_control = "public, max-age=60", .vary = "Origin, Cookie"},
    {.name = "refused_to_a_page_of_another_origin", .cookies = "", .cors_origins = {"https://a.example"},
     .cache_control = "no-store", .vary = "Origin, Cookie"},
};

BOOST_AUTO_TEST_CASE(caches_are_told) {
    for (const CacheRow& row : caches) {
        BOOST_TEST_CONTEXT(row.name) {
            settings.policy.cache_protected = row.cache_protected;
            settings.policy.cors_origins = row.cors_origins;
            http::Request asked = request("/v/film", row.cookies);
            asked.origin = "https://a.example";
            const Outcome given = answer(asked);
            BOOST_TEST(field(given, "Cache-Control") == row.cache_control);
            BOOST_TEST(field(given, "Vary") == row.vary);
            const bool is_cors = !row.cors_origins.empty();
            BOOST_TEST((field(given, "Access-Control-Allow-Origin") != "(absent)") == is_cors);
        }
    }
}

BOOST_AUTO_TEST_CASE(query_that_asks_the_id_alone_is_for_everybody) {
    settings.places.query = "SELECT status, fixed AS allow FROM films WHERE id = :id";
    const Outcome open = answer(request("/v/open", "session=A"));
    BOOST_TEST(open.response.status == 200);
    BOOST_TEST(field(open, "Cache-Control") == "public, max-age=60");
    BOOST_TEST(field(open, "Vary") == "(absent)");
    BOOST_TEST(answer(request("/v/film", "session=A")).response.status == 403);
}

// Conditions and ranges are looked at for those who may watch; HEAD asks as GET does, OPTIONS asks nothing

BOOST_AUTO_TEST_CASE(nothing_of_a_film_is_told_to_those_who_may_not_watch) {
    const Outcome first = answer(request("/v/film", "session=A"));
    for (const char* const method : {"GET", "HEAD"}) {
        for (const std::string_view cookies : {"session=A", "session=B"}) {
            BOOST_TEST_CONTEXT(method << " " << cookies) {
                http::Request conditional = request("/v/film", cookies), far_range = conditional;
                conditional.method = far_range.method = method;
                conditional.if_none_match = field(first, "ETag");
                far_range.range = "bytes=999-";
                const bool is_owner = cookies == "session=A";
                BOOST_TEST(answer(conditional).response.status == (is_owner ? 304 : 403));
                const Outcome unsatisfiable = answer(far_range);
                // Range is defined for GET alone (RFC 9110 §14.2); what HEAD is told is that of the GET.
                BOOST_TEST((unsatisfiable.response.status == 403) == !is_owner);
                BOOST_TEST((field(unsatisfiable, "Content-Range") != "(absent)") == (is_owner &&
                           unsatisfiable.response.status == 416));
            }
        }
    }
    http::Request options = request("/v/film", "");
    options.method = "OPTIONS";
    const Outcome given = answer(options);
    BOOST_TEST(given.response.status == 204);
    BOOST_TEST(given.catalog_use.look_ups == 0);
}

BOOST_AUTO_TEST_CASE(request_from_before_the_query_asked) {
    http::Request asked = request("/v/film", "session=A");
    asked.variables.reset();
    const Outcome given = answer(asked);
    BOOST_TEST(given.response.status == 503);
    BOOST_TEST(given.catalog_use.look_ups == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate
