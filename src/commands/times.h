// Owns how a person writes a length of time, and a moment.
// Does not know the present.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace reelgate::commands {

/// Returns a length of time above 0: a number and a unit, 90s, 15m, 24h or 7d. Returns nothing for any other text, and
/// for more than 1,000 years.
std::optional<std::chrono::seconds> length_from(std::string_view text);

/// Returns a moment: seconds since 1970, or a date and a time as RFC 3339 has them, "2026-12-24T20:00:00Z" or with an
/// offset, "2026-12-24T21:00:00+01:00". Fractions of a second are cut off. Returns nothing for any other text.
std::optional<std::chrono::sys_seconds> moment_from(std::string_view text);

}  // namespace reelgate::commands
