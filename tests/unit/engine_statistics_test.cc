// Owns the tests of the counting: what an answer is counted as, and what threads add up to.
// SPDX-License-Identifier: MIT
#include "engine/statistics.h"

#include <boost/test/unit_test.hpp>
#include <map>
#include <thread>
#include <vector>

namespace reelgate::engine {
namespace {

BOOST_AUTO_TEST_SUITE(engine_statistics)

BOOST_AUTO_TEST_CASE(nothing_has_happened_in_the_beginning) {
    Counts sum{};
    Tally{}.add_to(sum);
    BOOST_TEST((sum == Counts{}));
}

BOOST_AUTO_TEST_CASE(threads_add_up_while_they_count) {
    constexpr std::uint64_t times = 200'000;
    std::vector<Tally> tallies(4);
    std::vector<std::thread> threads;
    for (Tally& tally : tallies) {
        threads.emplace_back([&tally] {
            for (std::uint64_t i = 0; i < times; ++i) {
                tally.add(Counter::connections);
                tally.add(Counter::bytes_sent, 3);
            }
        });
    }
    // Whoever asks meanwhile finds no more than there will be, and never less than before.
    Counts before{};
    for (int i = 0; i < 1000; ++i) {
        Counts now{};
        for (const Tally& tally : tallies) tally.add_to(now);
        if (at(now, Counter::bytes_sent) < at(before, Counter::bytes_sent)) BOOST_ERROR("went back");
        before = now;
    }
    for (std::thread& thread : threads) thread.join();
    Counts sum{};
    for (const Tally& tally : tallies) tally.add_to(sum);
    Counts expected{};
    at(expected, Counter::connections) = 4 * times;
    at(expected, Counter::bytes_sent) = 3 * 4 * times;
    BOOST_TEST((sum == expected));
}

using Fate = http::RangeFate;

struct AnswerRow {
    std::string_view name;
    std::string method = "GET";
    http::Response response;
    CatalogUse use{};
    std::optional<Refused> refused{};
    bool has_link = false;
    std::map<Counter, std::uint64_t> expected;
};

const AnswerRow answers[] = {
    {.name = "whole", .response = {.status = 200, .range = Fate::none},
     .expected = {{Counter::method_get, 1}, {Counter::status_200, 1}, {Counter::range_none, 1}}},
    {.name = "head", .method = "HEAD", .response = {.status = 200, .range = Fate::none},
     .expected = {{Counter::method_head, 1}, {Counter::status_200, 1}, {Counter::range_none, 1}}},
    {.name = "range_that_is_ignored", .response = {.status = 200, .range = Fate::ignored},
     .expected = {{Counter::method_get, 1}, {Counter::status_200, 1}, {Counter::range_ignored, 1}}},
    {.name = "one_range", .response = {.status = 206, .range = Fate::single},
     .expected = {{Counter::method_get, 1}, {Counter::status_206, 1}, {Counter::range_single, 1}}},
    {.name = "several_ranges", .response = {.status = 206, .range = Fate::multipart},
     .expected = {{Counter::method_get, 1}, {Counter::status_206, 1}, {Counter::range_multipart, 1}}},
    {.name = "unsatisfiable", .response = {.status = 416, .range = Fate::unsatisfiable},
     .expected = {{Counter::method_get, 1}, {Counter::status_416, 1}, {Counter::range_unsatisfiable, 1}}},
    {.name = "range_of_what_is_not_there", .response = {.status = 404},
     .expected = {{Counter::method_get, 1}, {Counter::status_404, 1}}},
    {.name = "offloaded", .response = {.status = 200, .range = Fate::offloaded},
     .expected = {{Counter::method_get, 1}, {Counter::status_200, 1}, {Counter::offloaded, 1}}},
    {.name = "options", .method = "OPTIONS", .response = {.status = 204},
     .expected = {{Counter::method_options, 1}, {Counter::status_204, 1}}},
    {.name = "another_method", .method = "get", .response = {.status = 405},
     .expected = {{Counter::method_other, 1}, {Counter::status_405, 1}}},
    {.name = "catalogue_that_fails", .response = {.status = 503}, .use = {2, 1, std::chrono::nanoseconds{345}},
     .expected = {{Counter::method_get, 1}, {Counter::status_503, 1}, {Counter::catalog_look_ups, 2},
                  {Counter::catalog_errors, 1}, {Counter::catalog_nanoseconds, 345}}},
    {.name = "link_missing", .response = {.status = 403}, .refused = Refused::link_missing,
     .expected = {{Counter::method_get, 1}, {Counter::status_403, 1}, {Counter::refused_link_missing, 1}}},
    {.name = "link_not_valid", .response = {.status = 403}, .refused = Refused::link_not_valid,
     .expected = {{Counter::method_get, 1}, {Counter::status_403, 1}, {Counter::refused_link_not_valid, 1}}},
    {.name = "link_expired", .response = {.status = 403}, .refused = Refused::link_expired,
     .expected = {{Counter::method_get, 1}, {Counter::status_403, 1}, {Counter::refused_link_expired, 1}}},
    {.name = "not_logged_in", .response = {.status = 401}, .refused = Refused::login,
     .expected = {{Counter::method_get, 1}, {Counter::status_401, 1}, {Counter::refused_login, 1}}},
    {.name = "not_allowed_with_a_good_link", .response = {.status = 403}, .refused = Refused::forbidden,
     .has_link = true,
     .expected = {{Counter::method_get, 1}, {Counter::status_403, 1}, {Counter::refused_forbidden, 1},
                  {Counter::links_good, 1}}},
    {.name = "hidden", .response = {.status = 404}, .refused = Refused::hidden,
     .expected = {{Counter::method_get, 1}, {Counter::status_404, 1}, {Counter::refused_hidden, 1}}},
    {.name = "addresses_differ", .response = {.status = 403}, .refused = Refused::disputed,
     .expected = {{Counter::method_get, 1}, {Counter::status_403, 1}, {Counter::refused_disputed, 1}}},
    {.name = "good_link", .response = {.status = 200, .range = Fate::none}, .has_link = true,
     .expected = {{Counter::method_get, 1}, {Counter::status_200, 1}, {Counter::range_none, 1},
                  {Counter::links_good, 1}}},
};

BOOST_AUTO_TEST_CASE(answer_is_counted_as_what_it_is) {
    for (const AnswerRow& row : answers) {
        BOOST_TEST_CONTEXT(row.name) {
            Tally tally;
            count_answer(tally, {.method = row.method}, {.response = row.response, .catalog_use = row.use, .refused = row.refused,
                                                            .has_link = row.has_link});
            Counts counts{}, expected{};
            tally.add_to(counts);
            for (const auto& [counter, count] : row.expected) at(expected, counter) = count;
            BOOST_TEST(counts == expected, boost::test_tools::per_element());
        }
    }
}

/// Whatever has a reason phrase is sent.
BOOST_AUTO_TEST_CASE(every_status_that_is_sent_is_counted) {
    for (int status = 100; status < 600; ++status) {
        BOOST_TEST_CONTEXT(status) {
            BOOST_TEST(counter_of_status(status).has_value() == (http::reason_phrase(status) != "Unknown"));
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::engine
