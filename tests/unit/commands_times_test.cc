// Owns the tests of lengths of time and moments, as a person writes them.
// SPDX-License-Identifier: MIT
#include "commands/times.h"

#include <boost/test/unit_test.hpp>

#include <string>

namespace reelgate::commands {
namespace {

BOOST_AUTO_TEST_SUITE(commands_times)

constexpr long nothing = -1;

struct TimeRow {
    std::string_view text;
    long expected = nothing;
};

BOOST_AUTO_TEST_CASE(lengths) {
    constexpr TimeRow rows[] = {
        {"90s", 90}, {"15m", 900}, {"24h", 86'400}, {"7d", 604'800}, {"1000d", 86'400'000},
        {""}, {"s"}, {"0s"}, {"10"}, {"1w"}, {"-1h"}, {"+1h"}, {"1.5h"}, {" 1h"}, {"1h "}, {"1h30m"}, {"1H"},
        {"99999999999999999999s"}, {"999999999999d"},
    };
    for (const TimeRow& row : rows) {
        const auto length = length_from(row.text);
        BOOST_TEST((length ? length->count() : nothing) == row.expected, row.text);
    }
}

BOOST_AUTO_TEST_CASE(moments) {
    constexpr TimeRow rows[] = {
        {"1800000000", 1'800'000'000}, {"0", 0},
        {"2027-01-15T08:00:00Z", 1'800'000'000}, {"2027-01-15t08:00:00z", 1'800'000'000},
        {"2027-01-15 08:00:00Z", 1'800'000'000}, {"2027-01-15T08:00:00.999Z", 1'800'000'000},
        {"2027-01-15T09:30:00+01:30", 1'800'000'000}, {"2027-01-14T23:00:00-09:00", 1'800'000'000},
        {"2028-02-29T00:00:00Z", 1'835'395'200}, {"2026-12-31T23:59:60Z", 1'798'761'600},
        {""}, {"soon"}, {"-1"}, {"2027-01-15"}, {"2027-01-15T08:00:00"}, {"2027-01-15T08:00Z"},
        {"2027-02-29T00:00:00Z"}, {"2027-13-01T00:00:00Z"}, {"2027-00-01T00:00:00Z"}, {"2027-01-32T00:00:00Z"},
        {"2027-01-15T24:00:00Z"}, {"2027-01-15T08:60:00Z"}, {"2027-01-15T08:00:61Z"}, {"2027-01-15T08:00:00.Z"},
        {"2027-01-15T08:00:00+0130"}, {"2027-01-15T08:00:00+24:00"}, {"2027-01-15T08:00:00Z "}, {"27-01-15T08:00:00Z"},
        {"2027-1-15T08:00:00Z"}, {"2027-01-15T08:00:00"}, {"99999999999999999999"},
    };
    for (const TimeRow& row : rows) {
        const auto moment = moment_from(row.text);
        BOOST_TEST((moment ? moment->time_since_epoch().count() : nothing) == row.expected, row.text);
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::commands
