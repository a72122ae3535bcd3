// Owns the tests of the HTTP-date.
// SPDX-License-Identifier: MIT
#include "http/date.h"

#include <boost/test/unit_test.hpp>
#include <ctime>
#include <limits>
#include <random>

namespace reelgate::http {
namespace {

Time at(std::int64_t seconds) { return Time{std::chrono::seconds{seconds}}; }

struct DateRow {
    std::string_view name;
    std::int64_t seconds = 0;
    std::string_view expected;
};

BOOST_AUTO_TEST_SUITE(http_date)

// RFC 9110 §5.6.7: IMF-fixdate

constexpr DateRow dates[] = {
    {.name = "the_rfcs_own", .seconds = 784'111'777, .expected = "Sun, 06 Nov 1994 08:49:37 GMT"},
    {.name = "epoch", .seconds = 0, .expected = "Thu, 01 Jan 1970 00:00:00 GMT"},
    {.name = "before_the_epoch", .seconds = -1, .expected = "Wed, 31 Dec 1969 23:59:59 GMT"},
    {.name = "leap_day", .seconds = 951'782'400, .expected = "Tue, 29 Feb 2000 00:00:00 GMT"},
    {.name = "day_after_a_leap_day", .seconds = 1'709'251'200, .expected = "Fri, 01 Mar 2024 00:00:00 GMT"},
    {.name = "no_leap_day_in_2100", .seconds = 4'107'542'400, .expected = "Mon, 01 Mar 2100 00:00:00 GMT"},
    {.name = "last_second_of_a_year", .seconds = 1'735'689'599, .expected = "Tue, 31 Dec 2024 23:59:59 GMT"},
    {.name = "last_second_in_32_bits", .seconds = 2'147'483'647, .expected = "Tue, 19 Jan 2038 03:14:07 GMT"},
    {.name = "beyond_32_bits", .seconds = 2'147'483'648, .expected = "Tue, 19 Jan 2038 03:14:08 GMT"},
    {.name = "last_with_four_digits", .seconds = 253'402'300'799, .expected = "Fri, 31 Dec 9999 23:59:59 GMT"},
    {.name = "five_digits", .seconds = 253'402'300'800, .expected = "Fri, 31 Dec 9999 23:59:59 GMT"},
    {.name = "far_future", .seconds = std::numeric_limits<std::int64_t>::max(),
     .expected = "Fri, 31 Dec 9999 23:59:59 GMT"},
    {.name = "year_of_three_digits", .seconds = -30'610'224'001, .expected = "Tue, 31 Dec 0999 23:59:59 GMT"},
    {.name = "far_past", .seconds = std::numeric_limits<std::int64_t>::min(),
     .expected = "Sat, 01 Jan 0000 00:00:00 GMT"},
};

BOOST_AUTO_TEST_CASE(date_is_an_imf_fixdate) {
    for (const DateRow& row : dates)
        BOOST_TEST_CONTEXT(row.name) { BOOST_TEST(format_date(at(row.seconds)) == row.expected); }
}

BOOST_AUTO_TEST_CASE(any_date_is_the_c_librarys) {
    constexpr std::int64_t first = -30'610'224'000, last = 253'402'300'799;  // the years of four digits
    std::mt19937_64 random{9110};
    std::uniform_int_distribution<std::int64_t> seconds{first, last};
    for (int i = 0; i < 5'000; ++i) {
        const std::time_t time = seconds(random);
        std::tm parts{};
        gmtime_r(&time, &parts);
        char expected[64];
        std::strftime(expected, sizeof expected, "%a, %d %b %Y %H:%M:%S GMT", &parts);
        BOOST_TEST_CONTEXT(time << " seconds") {
            BOOST_TEST_REQUIRE(format_date(at(time)) == std::string_view{expected});
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::http
