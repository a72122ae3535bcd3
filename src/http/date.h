// Owns the HTTP-date (RFC 9110 §5.6.7).
// Does not read a clock: whoever needs the present passes it in.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <string>

namespace reelgate::http {

/// Seconds since 1970-01-01T00:00:00Z; HTTP dates have no finer unit.
using Time = std::chrono::sys_seconds;

/// Formats an IMF-fixdate, "Sun, 06 Nov 1994 08:49:37 GMT", the one form that a sender may generate. The year
/// must have four digits; the nearest year that has is taken for one outside.
std::string format_date(Time time);

}  // namespace reelgate::http
