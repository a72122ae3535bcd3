// Owns the HTTP-date (RFC 9110 §5.6.7).
// Does not read a clock: whoever needs the present passes it in.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace reelgate::http {

/// Seconds since 1970-01-01T00:00:00Z; HTTP dates have no finer unit.
using Time = std::chrono::sys_seconds;

/// Formats an IMF-fixdate, "Sun, 06 Nov 1994 08:49:37 GMT", the one form that a sender may generate. The year
/// must have four digits; the nearest year that has is taken for one outside.
std::string format_date(Time time);

/// Parses any of the three forms that a recipient has to accept: IMF-fixdate, and the obsolete rfc850-date and
/// asctime-date. Strictly: names are case-sensitive, and nothing may follow. Nothing for what is no date, an impossible
/// day or hour included; the name of the day is not compared with the date. `now` tells the century of rfc850-date's
/// two digits: a year that would lie more than 50 years ahead is past.
std::optional<Time> parse_date(std::string_view text, Time now);

}  // namespace reelgate::http
