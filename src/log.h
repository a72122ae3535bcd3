// Owns the log: one line an event on standard error, "reelgate: level: what: object: why"; in systemd's journal, which
// has name and level in fields of its own, "<N>what: object: why".
// Does not rotate, store or date: that is the service manager's. Never throws and never needs the heap, so that every
// handler of a failure can say what failed.
// SPDX-License-Identifier: MIT
#pragma once

#include <initializer_list>
#include <optional>
#include <string_view>

namespace reelgate {

enum class LogLevel { error, warning, notice, info, debug };

/// Sets the least important level that is written; notice until then.
void set_log_level(LogLevel level) noexcept;

/// Tells whether a level is written, for callers whose lines cost something to make.
bool is_logged(LogLevel level) noexcept;

/// Where standard error leads to.
enum class LogForm { terminal, journal };

/// Sets the form of lines; that for a terminal until then.
void set_log_form(LogForm form) noexcept;

/// Finds out whether a descriptor leads to systemd's journal: `journal_stream` is the environment's JOURNAL_STREAM,
/// "DEVICE:INODE", or nullptr.
bool leads_to_journal(int fd, const char* journal_stream) noexcept;

/// From now on no line is waited for: one that a pipe, a terminal or a socket does not take at once is lost and counted,
/// and the count is told before the next line that is taken, or by tell_repeated_lines(). Before, as write(2) does.
void log_without_waiting() noexcept;

/// From now on an error or warning that is written again and again is counted: the first is written at once, the others
/// as one line, "...: N more within S s", when ten seconds are over and anything is logged.
void limit_repeated_lines() noexcept;

/// Writes what was counted, and how many lines were lost, and begins anew.
void tell_repeated_lines() noexcept;

/// Writes one line, in one piece. Control characters and bytes beyond ASCII are escaped as \xNN: part of a line may
/// be a client's. One of more than 4,000 bytes is cut off. The parts follow one another.
void log(LogLevel level, std::initializer_list<std::string_view> parts) noexcept;
void log(LogLevel level, std::string_view event) noexcept;

/// Writes "reelgate: text" as one line, for the person who started the program. Control characters are escaped; what
/// is beyond ASCII stays, since it is that person's own.
void complain(std::string_view text) noexcept;

/// Finds a level by its name.
std::optional<LogLevel> log_level_named(std::string_view name);

}  // namespace reelgate
