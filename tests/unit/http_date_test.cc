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

constexpr Time new_year_2026{std::chrono::seconds{1'767'225'600}};

/// Writes the date that was parsed as an IMF-fixdate.
std::string parsed(std::string_view text, Time now = new_year_2026) {
    const auto time = parse_date(text, now);
    return time ? format_date(*time) : "no date";
}

struct ParseRow {
    std::string_view name;
    std::string_view text;
    std::string_view expected = "no date";
};

void check(const ParseRow& row) {
    BOOST_TEST_CONTEXT(row.name << ": " << row.text) { BOOST_TEST(parsed(row.text) == row.expected); }
}

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

// RFC 9110 §5.6.7: the three forms that a recipient accepts

constexpr ParseRow forms[] = {
    {.name = "imf_fixdate", .text = "Sun, 06 Nov 1994 08:49:37 GMT", .expected = "Sun, 06 Nov 1994 08:49:37 GMT"},
    {.name = "rfc850_date", .text = "Sunday, 06-Nov-94 08:49:37 GMT", .expected = "Sun, 06 Nov 1994 08:49:37 GMT"},
    {.name = "asctime_date", .text = "Sun Nov  6 08:49:37 1994", .expected = "Sun, 06 Nov 1994 08:49:37 GMT"},
    {.name = "asctime_date_with_two_digits", .text = "Wed Nov 16 08:49:37 1994",
     .expected = "Wed, 16 Nov 1994 08:49:37 GMT"},
    {.name = "asctime_date_with_a_zero", .text = "Sun Nov 06 08:49:37 1994",
     .expected = "Sun, 06 Nov 1994 08:49:37 GMT"},
    {.name = "epoch", .text = "Thu, 01 Jan 1970 00:00:00 GMT", .expected = "Thu, 01 Jan 1970 00:00:00 GMT"},
    {.name = "before_the_epoch", .text = "Mon Jan  1 00:00:00 1900", .expected = "Mon, 01 Jan 1900 00:00:00 GMT"},
    {.name = "beyond_32_bits", .text = "Tue, 19 Jan 2038 03:14:08 GMT", .expected = "Tue, 19 Jan 2038 03:14:08 GMT"},
    {.name = "last_with_four_digits", .text = "Fri, 31 Dec 9999 23:59:59 GMT",
     .expected = "Fri, 31 Dec 9999 23:59:59 GMT"},
    {.name = "leap_day", .text = "Tue, 29 Feb 2000 12:00:00 GMT", .expected = "Tue, 29 Feb 2000 12:00:00 GMT"},
    {.name = "leap_second", .text = "Sat, 31 Dec 2016 23:59:60 GMT", .expected = "Sun, 01 Jan 2017 00:00:00 GMT"},
    {.name = "another_day_of_the_week", .text = "Mon, 06 Nov 1994 08:49:37 GMT",
     .expected = "Sun, 06 Nov 1994 08:49:37 GMT"},
};

BOOST_AUTO_TEST_CASE(any_of_three_forms_is_a_date) {
    for (const ParseRow& row : forms) check(row);
}

BOOST_AUTO_TEST_CASE(every_month_and_day_has_its_name) {
    for (int day = 0; day < 366; ++day) {
        const Time time = new_year_2026 + std::chrono::days{day};
        BOOST_TEST_CONTEXT(format_date(time)) { BOOST_TEST(parsed(format_date(time)) == format_date(time)); }
    }
    constexpr ParseRow long_names[] = {
        {.name = "monday", .text = "Monday, 05-Jan-26 00:00:00 GMT", .expected = "Mon, 05 Jan 2026 00:00:00 GMT"},
        {.name = "tuesday", .text = "Tuesday, 06-Jan-26 00:00:00 GMT", .expected = "Tue, 06 Jan 2026 00:00:00 GMT"},
        {.name = "wednesday", .text = "Wednesday, 07-Jan-26 00:00:00 GMT",
         .expected = "Wed, 07 Jan 2026 00:00:00 GMT"},
        {.name = "thursday", .text = "Thursday, 08-Jan-26 00:00:00 GMT", .expected = "Thu, 08 Jan 2026 00:00:00 GMT"},
        {.name = "friday", .text = "Friday, 09-Jan-26 00:00:00 GMT", .expected = "Fri, 09 Jan 2026 00:00:00 GMT"},
        {.name = "saturday", .text = "Saturday, 10-Jan-26 00:00:00 GMT", .expected = "Sat, 10 Jan 2026 00:00:00 GMT"},
    };
    for (const ParseRow& row : long_names) check(row);
}

constexpr ParseRow impossible[] = {
    {.name = "day_zero", .text = "Sun, 00 Nov 1994 08:49:37 GMT"},
    {.name = "day_32", .text = "Sun, 32 Dec 1994 08:49:37 GMT"},
    {.name = "april_31", .text = "Sun, 31 Apr 1994 08:49:37 GMT"},
    {.name = "february_30", .text = "Sun, 30 Feb 2000 08:49:37 GMT"},
    {.name = "no_leap_year", .text = "Sun, 29 Feb 2023 08:49:37 GMT"},
    {.name = "no_leap_year_at_the_century", .text = "Sun Feb 29 08:49:37 1900"},
    {.name = "no_leap_year_in_any_century", .text = "Sunday, 29-Feb-01 08:49:37 GMT"},
    {.name = "hour_24", .text = "Sun, 06 Nov 1994 24:00:00 GMT"},
    {.name = "minute_60", .text = "Sun, 06 Nov 1994 08:60:00 GMT"},
    {.name = "second_61", .text = "Sun, 06 Nov 1994 08:49:61 GMT"},
    {.name = "hour_24_in_rfc850_date", .text = "Sunday, 06-Nov-94 24:00:00 GMT"},
};

BOOST_AUTO_TEST_CASE(day_or_hour_that_never_was) {
    for (const ParseRow& row : impossible) check(row);
}

constexpr ParseRow junk[] = {
    {.name = "empty", .text = ""},
    {.name = "word", .text = "yesterday"},
    {.name = "seconds_since_the_epoch", .text = "784111777"},
    {.name = "iso_8601", .text = "1994-11-06T08:49:37Z"},
    {.name = "entity_tag", .text = "\"2ebc98a1-3e8\""},
    {.name = "cut_short", .text = "Sun, 06 Nov 1994 08:49"},
    {.name = "without_zone", .text = "Sun, 06 Nov 1994 08:49:37"},
    {.name = "another_zone", .text = "Sun, 06 Nov 1994 08:49:37 UTC"},
    {.name = "zone_as_an_offset", .text = "Sun, 06 Nov 1994 08:49:37 +0000"},
    {.name = "zone_in_small_letters", .text = "Sun, 06 Nov 1994 08:49:37 gmt"},
    {.name = "month_in_small_letters", .text = "Sun, 06 nov 1994 08:49:37 GMT"},
    {.name = "day_of_the_week_in_small_letters", .text = "sun, 06 Nov 1994 08:49:37 GMT"},
    {.name = "no_such_day_of_the_week", .text = "Son, 06 Nov 1994 08:49:37 GMT"},
    {.name = "no_such_month", .text = "Sun, 06 Okt 1994 08:49:37 GMT"},
    {.name = "without_day_of_the_week", .text = "06 Nov 1994 08:49:37 GMT"},
    {.name = "without_comma", .text = "Sun 06 Nov 1994 08:49:37 GMT"},
    {.name = "one_digit_of_a_day", .text = "Sun, 6 Nov 1994 08:49:37 GMT"},
    {.name = "space_for_a_digit", .text = "Sun,  6 Nov 1994 08:49:37 GMT"},
    {.name = "sign_for_a_digit", .text = "Sun, +6 Nov 1994 08:49:37 GMT"},
    {.name = "year_of_five_digits", .text = "Sun, 06 Nov 19940 08:49:37 GMT"},
    {.name = "year_of_two_digits", .text = "Sun, 06 Nov 94 08:49:37 GMT"},
    {.name = "one_digit_of_an_hour", .text = "Sun, 06 Nov 1994 8:49:37 GMT"},
    {.name = "fraction_of_a_second", .text = "Sun, 06 Nov 1994 08:49:37.0 GMT"},
    {.name = "space_before_it", .text = " Sun, 06 Nov 1994 08:49:37 GMT"},
    {.name = "space_behind_it", .text = "Sun, 06 Nov 1994 08:49:37 GMT "},
    {.name = "two_spaces_inside", .text = "Sun, 06 Nov 1994  08:49:37 GMT"},
    {.name = "length_behind_it", .text = "Sun, 06 Nov 1994 08:49:37 GMT; length=1000"},
    {.name = "rfc850_date_with_a_short_day", .text = "Sun, 06-Nov-94 08:49:37 GMT"},
    {.name = "rfc850_date_with_four_digits", .text = "Sunday, 06-Nov-1994 08:49:37 GMT"},
    {.name = "imf_fixdate_with_a_long_day", .text = "Sunday, 06 Nov 1994 08:49:37 GMT"},
    {.name = "asctime_date_with_one_digit", .text = "Sun Nov 6 08:49:37 1994"},
    {.name = "asctime_date_with_a_space_too_many", .text = "Sun Nov  16 08:49:37 1994"},
    {.name = "asctime_date_with_a_zone", .text = "Sun Nov  6 08:49:37 1994 GMT"},
    {.name = "asctime_date_with_a_line_feed", .text = "Sun Nov  6 08:49:37 1994\n"},
    {.name = "digits_of_another_script", .text = "Sun, \xd9\xa0\xd9\xa6 Nov 1994 08:49:37 GMT"},
};

BOOST_AUTO_TEST_CASE(text_that_is_no_date) {
    for (const ParseRow& row : junk) check(row);
    BOOST_TEST(parsed(std::string_view{"Sun, 06 Nov 1994 08:49:37 GMT\0", 30}) == "no date");
}

// RFC 9110 §5.6.7: a year of two digits that would lie more than 50 years ahead is past

struct CenturyRow {
    std::string_view name;
    std::string_view now;
    std::string_view text;
    std::string_view expected;
};

constexpr CenturyRow centuries[] = {
    {.name = "past", .now = "Thu, 01 Jan 2026 00:00:00 GMT", .text = "Sunday, 06-Nov-94 08:49:37 GMT",
     .expected = "Sun, 06 Nov 1994 08:49:37 GMT"},
    {.name = "this_century", .now = "Thu, 01 Jan 2026 00:00:00 GMT", .text = "Saturday, 01-Jan-00 00:00:00 GMT",
     .expected = "Sat, 01 Jan 2000 00:00:00 GMT"},
    {.name = "present", .now = "Thu, 01 Jan 2026 00:00:00 GMT", .text = "Thursday, 01-Jan-26 00:00:00 GMT",
     .expected = "Thu, 01 Jan 2026 00:00:00 GMT"},
    {.name = "next_year", .now = "Thu, 01 Jan 2026 00:00:00 GMT", .text = "Friday, 01-Jan-27 00:00:00 GMT",
     .expected = "Fri, 01 Jan 2027 00:00:00 GMT"},
    {.name = "fifty_years_ahead", .now = "Thu, 01 Jan 2026 00:00:00 GMT", .text = "Wednesday, 01-Jan-76 00:00:00 GMT",
     .expected = "Wed, 01 Jan 2076 00:00:00 GMT"},
    {.name = "fifty_years_with_thirteen_leap_days", .now = "Mon, 01 Jan 2024 00:00:00 GMT",
     .text = "Monday, 01-Jan-74 00:00:00 GMT", .expected = "Mon, 01 Jan 2074 00:00:00 GMT"},
    {.name = "a_second_more_than_fifty_years", .now = "Mon, 01 Jan 2024 00:00:00 GMT",
     .text = "Monday, 01-Jan-74 00:00:01 GMT", .expected = "Tue, 01 Jan 1974 00:00:01 GMT"},
    {.name = "fifty_years_and_two_days", .now = "Thu, 01 Jan 2026 00:00:00 GMT",
     .text = "Saturday, 03-Jan-76 00:00:00 GMT", .expected = "Sat, 03 Jan 1976 00:00:00 GMT"},
    {.name = "nearly_fifty_years_ahead_in_the_next_century", .now = "Wed, 01 Jan 2070 00:00:00 GMT",
     .text = "Sunday, 31-Dec-19 00:00:00 GMT", .expected = "Sun, 31 Dec 2119 00:00:00 GMT"},
    {.name = "more_than_fifty_years_ahead_in_the_next_century", .now = "Wed, 01 Jan 2070 00:00:00 GMT",
     .text = "Thursday, 03-Jan-20 00:00:00 GMT", .expected = "Fri, 03 Jan 2020 00:00:00 GMT"},
    {.name = "end_of_a_century", .now = "Thu, 31 Dec 2099 23:59:59 GMT", .text = "Friday, 01-Jan-00 00:00:00 GMT",
     .expected = "Fri, 01 Jan 2100 00:00:00 GMT"},
    {.name = "leap_day", .now = "Thu, 01 Jan 2026 00:00:00 GMT", .text = "Thursday, 29-Feb-24 00:00:00 GMT",
     .expected = "Thu, 29 Feb 2024 00:00:00 GMT"},
    {.name = "leap_day_that_the_next_century_lacks", .now = "Fri, 01 Jan 2060 00:00:00 GMT",
     .text = "Tuesday, 29-Feb-00 00:00:00 GMT", .expected = "Tue, 29 Feb 2000 00:00:00 GMT"},
    {.name = "leap_day_that_two_centuries_lack", .now = "Tue, 01 Jan 2160 00:00:00 GMT",
     .text = "Tuesday, 29-Feb-00 00:00:00 GMT", .expected = "Tue, 29 Feb 2000 00:00:00 GMT"},
    {.name = "leap_day_of_the_future", .now = "Tue, 01 Jan 2380 00:00:00 GMT",
     .text = "Tuesday, 29-Feb-00 00:00:00 GMT", .expected = "Tue, 29 Feb 2400 00:00:00 GMT"},
};

BOOST_AUTO_TEST_CASE(century_of_two_digits) {
    for (const CenturyRow& row : centuries) {
        BOOST_TEST_CONTEXT(row.name << ": " << row.text << " as of " << row.now) {
            const auto now = parse_date(row.now, new_year_2026);
            BOOST_REQUIRE(now.has_value());
            BOOST_TEST(parsed(row.text, *now) == row.expected);
        }
    }
}

BOOST_AUTO_TEST_CASE(years_of_four_digits_do_not_depend_on_the_present) {
    for (const std::int64_t seconds : {-30'610'224'000, std::int64_t{0}, 253'402'300'799})
        for (const ParseRow& row : forms)
            if (row.name != "rfc850_date")
                BOOST_TEST_CONTEXT(row.name << " as of " << format_date(at(seconds))) {
                    BOOST_TEST(parsed(row.text, at(seconds)) == row.expected);
                }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::http
