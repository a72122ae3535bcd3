// Owns the tests of the parameters of a query, with real SQLite: which names are known, and what each is bound to.
// Does not test how a cookie or an argument is read: http_cookie_test.cc and http_argument_test.cc do.
// SPDX-License-Identifier: MIT
#include "catalog/known_names.h"
#include "catalog/parameters.h"

#include "catalog_fixture.h"
#include "failing_allocations.h"
#include "sqlite_locks.h"

namespace reelgate::catalog {
namespace {

/// A request of somebody.
http::Request asking() {
    http::Request request{.method = "GET", .target = "/v/a?token=T%20T&twice=1&twice=2&empty="};
    http::Variables& variables = request.variables.emplace();
    variables.add("REMOTE_USER", "ada");
    variables.add("REMOTE_ADDR", "192.0.2.1");
    variables.add("AUTH_TYPE", "");
    variables.add("HTTP_COOKIE", "session=S; my-cookie=\"quoted\"; twice=1; twice=2");
    variables.add("HTTP_ACCEPT_LANGUAGE", "de");
    variables.add("OIDC_CLAIM_preferred_username", "ada.l");
    return request;
}

struct ValueRow {
    std::string_view name;
    std::string_view parameter;
    std::string_view expected;                     ///< as SQLite's quote() has it
    std::string_view for_nobody = "NULL";
    bool is_personal = true;
    std::vector<std::string> fields{};
};

const ValueRow values[] = {
    {.name = "id", .parameter = ":id", .expected = "'a'", .for_nobody = "'a'", .is_personal = false},
    {.name = "id_by_its_place", .parameter = "?1", .expected = "'a'", .for_nobody = "'a'", .is_personal = false},
    {.name = "id_without_a_name", .parameter = "?", .expected = "'a'", .for_nobody = "'a'", .is_personal = false},
    {.name = "variable", .parameter = ":REMOTE_USER", .expected = "'ada'"},
    {.name = "variable_that_is_absent", .parameter = ":REMOTE_IDENT", .expected = "NULL"},
    {.name = "variable_that_is_empty", .parameter = ":AUTH_TYPE", .expected = "NULL"},
    {.name = "variable_of_a_module", .parameter = ":OIDC_CLAIM_preferred_username", .expected = "'ada.l'"},
    {.name = "field", .parameter = ":HTTP_ACCEPT_LANGUAGE", .expected = "'de'", .fields = {"Accept-Language"}},
    {.name = "field_that_is_absent", .parameter = ":HTTP_X_A2", .expected = "NULL", .fields = {"X-A2"}},
    {.name = "field_of_cookies", .parameter = ":HTTP_COOKIE",
     .expected = "'session=S; my-cookie=\"quoted\"; twice=1; twice=2'", .fields = {"Cookie"}},
    {.name = "cookie", .parameter = ":_cookie_session", .expected = "'S'", .fields = {"Cookie"}},
    {.name = "cookie_of_an_odd_name", .parameter = ":_cookie_my_cookie", .expected = "'quoted'", .fields = {"Cookie"}},
    {.name = "cookie_given_twice", .parameter = ":_cookie_twice", .expected = "NULL", .fields = {"Cookie"}},
    {.name = "argument", .parameter = ":_query_token", .expected = "'T T'"},
    {.name = "argument_given_twice", .parameter = ":_query_twice", .expected = "NULL"},
    {.name = "argument_that_is_empty", .parameter = ":_query_empty", .expected = "NULL"},
    {.name = "time", .parameter = ":_now_epoch", .expected = "1700000000", .for_nobody = "1700000000"},
    {.name = "link", .parameter = ":_link", .expected = "1"},
};

BOOST_FIXTURE_TEST_SUITE(catalog_parameters, Fixture)

BOOST_AUTO_TEST_CASE(value_of_each_name) {
    const http::Request request = asking();
    for (const ValueRow& row : values) {
        BOOST_TEST_CONTEXT(row.name) {
            // The id stands behind it, as in most queries. A name that comes twice is one parameter.
            const std::string id = row.parameter.starts_with('?') ? "?1" : ":id";
            const std::string query =
                "SELECT quote(" + std::string{row.parameter} + ") AS status FROM videos WHERE id = " + id;
            Reader catalog{foreign, query};
            const auto found = catalog.find({"a", &request, 1'700'000'000, true});
            const http::Dependence dependence = catalog.dependence();
            const auto nobody = catalog.find({.id = "a", .now = 1'700'000'000});
            BOOST_TEST_REQUIRE((found && nobody));
            BOOST_TEST(found->status.value() == row.expected);
            BOOST_TEST(nobody->status.value() == row.for_nobody);
            BOOST_TEST(dependence.is_personal == row.is_personal);
            BOOST_TEST(dependence.fields == row.fields, boost::test_tools::per_element());
            BOOST_TEST(!catalog.find({"none", &request, 0, true}));
        }
    }
}

BOOST_AUTO_TEST_CASE(all_at_once) {
    const http::Request request = asking();
    Reader catalog{foreign, "SELECT :REMOTE_USER || :_cookie_session || :_query_token || :_now_epoch || :_link ||"
                            " :HTTP_ACCEPT_LANGUAGE || :_cookie_session AS status FROM videos WHERE id = :id"};
    BOOST_TEST(catalog.find({"a", &request, 7, true})->status.value() == "adaST T71deS");
    BOOST_TEST(catalog.dependence().is_personal);
    const std::vector<std::string> fields{"Cookie", "Accept-Language"};
    BOOST_TEST(catalog.dependence().fields == fields, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(values_of_one_do_not_stay_for_the_next) {
    Reader catalog{foreign, "SELECT coalesce(:REMOTE_USER, '-') || coalesce(:_link, '-') AS status FROM videos"
                            " WHERE id = :id"};
    const http::Request request = asking(), stranger{.method = "GET", .target = "/v/a"};
    BOOST_TEST(catalog.find({"a", &request, 0, true})->status.value() == "ada1");
    BOOST_TEST(catalog.find({"a", &stranger, 0, false})->status.value() == "--");
    BOOST_TEST(catalog.find({"a", &request, 0, false})->status.value() == "ada-");
    BOOST_TEST(catalog.find("a")->status.value() == "--");
}

BOOST_AUTO_TEST_CASE(nothing_is_known_before_the_first_look_up) {
    Reader catalog{foreign, "SELECT :_cookie_s AS status FROM videos WHERE id = :id"};
    BOOST_TEST(!catalog.dependence().is_personal);
    BOOST_TEST(catalog.dependence().fields.empty());
}

BOOST_AUTO_TEST_CASE(nobody_asks_at_the_present_time) {
    Reader catalog{foreign, "SELECT :_now_epoch > 1700000000 AS status FROM videos WHERE id = :id"};
    BOOST_TEST(catalog.find("a")->status.value() == "1");
}

struct UnknownRow {
    std::string_view name;
    std::string_view condition;  ///< beside id = :id
    std::string_view expected;
};

constexpr UnknownRow unknown[] = {
    {.name = "abbreviation", .condition = ":usr", .expected = "names :usr, which is unknown: see reelgate-access(7)"},
    {.name = "last_word", .condition = ":user", .expected = "names :user, which is unknown: did you mean :REMOTE_USER?"},
    {.name = "typing_error", .condition = ":REMOTE_USR", .expected = "did you mean :REMOTE_USER?"},
    {.name = "small_letters", .condition = ":remote_user", .expected = "did you mean :REMOTE_USER?"},
    {.name = "capitals", .condition = ":ID", .expected = "names :ID, which is unknown: did you mean :id?"},
    {.name = "at_sign", .condition = "@id", .expected = "names @id, which is unknown: did you mean :id?"},
    {.name = "dollar_sign", .condition = "$id", .expected = "names $id, which is unknown: did you mean :id?"},
    {.name = "known_name_behind_an_at_sign", .condition = "@REMOTE_USER", .expected = "did you mean :REMOTE_USER?"},
    {.name = "number", .condition = "?2", .expected = "names ?2, which is unknown: did you mean :id?"},
    {.name = "no_name_behind_another", .condition = "?", .expected = "names ?, which is unknown: did you mean :id?"},
    {.name = "cookie_without_a_name", .condition = ":_cookie_", .expected = "did you mean :_cookie_NAME?"},
    {.name = "cookie_of_a_typing_error", .condition = ":_cooky_Session", .expected = "did you mean :_cookie_Session?"},
    {.name = "cookie_without_the_first_line", .condition = ":cookie_s", .expected = "did you mean :_cookie_s?"},
    {.name = "argument_without_a_name", .condition = ":_query_", .expected = "did you mean :_query_NAME?"},
    {.name = "time", .condition = ":_now", .expected = "did you mean :_now_epoch?"},
    {.name = "link", .condition = ":_links", .expected = "did you mean :_link?"},
    {.name = "field_in_small_letters", .condition = ":HTTP_x_user", .expected = "did you mean :HTTP_X_USER?"},
    {.name = "field_without_a_name", .condition = ":HTTP_", .expected = "did you mean :HTTP"},
    {.name = "variable_of_nobody", .condition = ":APPLICATION_USER", .expected = "names :APPLICATION_USER, which is"},
};

BOOST_AUTO_TEST_CASE(name_that_is_unknown) {
    for (const UnknownRow& row : unknown) {
        BOOST_TEST_CONTEXT(row.name) {
            const std::string query =
                "SELECT status FROM videos WHERE id = :id AND " + std::string{row.condition} + " IS NULL";
            const std::string message = message_of<CatalogError>([&] { Reader(foreign, query).check(); });
            BOOST_TEST(message.starts_with("prepare query: \"" + query + "\": names "), message);
            BOOST_TEST(contains(message, row.expected), message);
        }
    }
}

/// SQLite takes ?1 for the first parameter, whatever it is called.
BOOST_AUTO_TEST_CASE(first_parameter_that_is_not_the_id) {
    const std::string message = failure(foreign, "SELECT :_cookie_s AS status FROM videos WHERE id = ?1");
    BOOST_TEST(contains(message, "has no parameter for the id: write :id, or ?1 before all others"), message);
}

// What is remembered

struct RememberedRow {
    std::string_view name;
    std::string query;
    bool is_remembered = false;
};

const RememberedRow remembered[] = {
    {.name = "id_alone", .query = "SELECT status FROM videos WHERE id = :id", .is_remembered = true},
    {.name = "allow_of_the_id_alone", .query = "SELECT status, 200 AS allow FROM videos WHERE id = ?1",
     .is_remembered = true},
    {.name = "hash_of_the_id", .query = "SELECT sha256(status) AS status FROM videos WHERE id = :id",
     .is_remembered = true},
    {.name = "invalid_allow", .query = "SELECT status, 'yes' AS allow FROM videos WHERE id = ?1"},
    {.name = "variable", .query = "SELECT status, :REMOTE_USER = 'x' AS allow FROM videos WHERE id = :id"},
    {.name = "cookie", .query = "SELECT status, :_cookie_s = 'x' AS allow FROM videos WHERE id = :id"},
    {.name = "argument", .query = "SELECT status, :_query_s = 'x' AS allow FROM videos WHERE id = :id"},
    {.name = "time", .query = "SELECT status, :_now_epoch > 7 AS allow FROM videos WHERE id = :id"},
    {.name = "link", .query = "SELECT status, :_link AS allow FROM videos WHERE id = :id"},
};

BOOST_AUTO_TEST_CASE(answer_to_nobody_in_particular_is_remembered) {
    BOOST_TEST_REQUIRE(count_sqlite_locks());
    for (const RememberedRow& row : remembered) {
        BOOST_TEST_CONTEXT(row.name) {
            Reader catalog{shipped, row.query};
            const auto first = catalog.find("a");
            const std::size_t before = sqlite_locks;
            const auto second = catalog.find("a");
            BOOST_TEST((sqlite_locks == before) == row.is_remembered);
            BOOST_TEST_REQUIRE((first && second));
            BOOST_TEST((first->permission == second->permission && first->status == second->status));
            BOOST_TEST(first->wrong_allow == second->wrong_allow);
        }
    }
}

// Which requests keep their variables for it

struct KeptRow {
    std::string_view query;
    bool are_kept;
};

constexpr KeptRow kept[] = {
    {"", false},
    {"SELECT status FROM v WHERE id = ?1", false},
    {"SELECT status FROM v WHERE id = :id", false},
    {"SELECT status FROM v WHERE id = :id AND :_query_t = t AND :_now_epoch < u OR :_link", false},
    {"SELECT status FROM v WHERE id = :id AND :_cookie_s = s", true},
    {"SELECT status FROM v WHERE id = :id AND u = :REMOTE_USER", true},
    {"SELECT 'a:B' AS status FROM v WHERE id = :id", true},
};

BOOST_AUTO_TEST_CASE(query_that_needs_variables) {
    for (const KeptRow& row : kept) BOOST_TEST(names_variables(row.query) == row.are_kept, row.query);
}

// A failed allocation costs the look-up that it hits: never another value, which might let somebody in

BOOST_AUTO_TEST_CASE(allocation_that_fails) {
    run_sqlite(foreign, "CREATE TABLE sessions (hash TEXT PRIMARY KEY, user);"
                        "INSERT INTO sessions VALUES"
                        " ('8de0b3c47f112c59745f717a626932264c422a7563954872e237b223af4ad643', 'ada');");
    // "S" is no session, and neither is "" or NULL.
    const std::string query = "SELECT status, iif(u.hash IS NULL, 403, 200) AS allow, sha256(:_cookie_session) AS title,"
                              " :REMOTE_USER AS etag FROM videos v LEFT JOIN sessions u"
                              " ON u.hash = sha256(:_cookie_session) WHERE v.id = :id";
    const http::Request request = asking();
    constexpr std::string_view whole = "complete|8de0b3c47f112c59745f717a626932264c422a7563954872e237b223af4ad643|ada";
    for (const unsigned count : {1U, 30U}) {
        for (const bool is_opened : {false, true}) {
            std::optional<Reader> catalog;
            std::optional<Row> found;
            std::string wrong;
            const auto prepare = [&] {
                if (!is_opened || !catalog) catalog.emplace(foreign, query);
                if (is_opened) catalog->find("b");
            };
            const auto find = [&] {
                found.reset();
                try {
                    found = catalog->find({"a", &request, 1, false});
                    if (!found) wrong += "no row";
                } catch (const CatalogError&) {
                } catch (const std::bad_alloc&) {
                }
            };
            prepare();
            for_each_failing_allocation(count, find, [&](const std::string& which) {
                const auto text = [](const Row& row) {
                    return row.status.value_or("-") + "|" + row.title.value_or("-") + "|" + row.etag.value_or("-");
                };
                if (found && (text(*found) != whole || found->permission != Permission::granted))
                    wrong += which + ": " + text(*found) + "\n";
                const auto next = catalog->find("b");
                if (!next || text(*next) != "pending|-|-" || next->permission != Permission::forbidden)
                    wrong += which + ", and then another\n";
                prepare();
            });
            BOOST_TEST_CONTEXT(count << (is_opened ? " while it is open" : " while it opens")) {
                BOOST_TEST(wrong == "");
                BOOST_TEST(found.has_value());
            }
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::catalog
