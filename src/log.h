// Owns the log: one line an event on standard error, "reelgate: level: what: object: why".
// Does not rotate, store or date: whoever runs reelgate does.
// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string_view>

namespace reelgate {

enum class LogLevel { error, warning, notice, info, debug };

/// Sets the least important level that is written; notice until then.
void set_log_level(LogLevel level);

/// Tells whether a level is written, for callers whose lines cost something to make.
bool is_logged(LogLevel level);

/// Writes one line, in one piece. Control characters and bytes beyond ASCII are escaped as \xNN: part of a line may
/// be a client's.
void log(LogLevel level, std::string_view event);

/// Writes "reelgate: text" as one line, for the person who started the program. Control characters are escaped; what
/// is beyond ASCII stays, since it is that person's own.
void complain(std::string_view text);

/// Finds a level by its name.
std::optional<LogLevel> log_level_named(std::string_view name);

}  // namespace reelgate
