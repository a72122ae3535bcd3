// Owns the HTTP-date (RFC 9110 §5.6.7).
// Does not read a clock: the caller passes the present time.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace reelgate::http {

/// Seconds since 1970-01-01T00:00:00Z; HTTP dates have no finer unit.
using Time = std::chrono::sys_seconds;

/// Formats an IMF-fixdate, "Sun, 06 Nov 1994 08:49:37 GMT", the one form that a sender may generate. The year has four
/// digits: a time outside that range becomes the nearest one inside.
std::string format_date(Time time);

/// Parses any of the three forms that a recipient must accept: IMF-fixdate, and the obsolete rfc850-date and
/// asctime-date. Strictly: names are case-sensitive, and nothing may follow. Returns nothing for any other text, and
/// for an impossible day or hour; ignores whether the day of the week fits. `now` decides the century of rfc850-date's
/// two digits: a year more than 50 years ahead counts as past.
std::optional<Time> parse_date(std::string_view text, Time now);

}  // namespace reelgate::http
