// Owns the log: one line an event on standard error, "reelgate: level: operation: object: cause; remedy"; in systemd's
// journal, which has name and level in fields of its own, "<N>operation: ...".
// Does not rotate, store or date: the service manager does. Never throws and never uses the heap, so that every failure
// can be logged.
// SPDX-License-Identifier: MIT
#pragma once

#include <initializer_list>
#include <optional>
#include <string_view>

namespace reelgate {

enum class LogLevel { error, warning, notice, info, debug };

/// Sets the least important level that is written; notice until then.
void set_log_level(LogLevel level) noexcept;

/// Returns whether a level is written, for callers whose lines are expensive to make.
bool is_logged(LogLevel level) noexcept;

/// Destination of standard error.
enum class LogForm { terminal, journal };

/// Sets the form of lines; terminal until then.
void set_log_form(LogForm form) noexcept;

/// Returns whether a descriptor leads to systemd's journal: `journal_stream` is JOURNAL_STREAM of the environment,
/// "DEVICE:INODE", or nullptr.
bool leads_to_journal(int fd, const char* journal_stream) noexcept;

/// Makes logging stop waiting as write(2) does: a line that a pipe, a terminal or a socket does not take at once is
/// lost and counted. The count is written before the next line that is taken, or by tell_repeated_lines().
void log_without_waiting() noexcept;

/// Makes repeated errors and warnings be counted from now on: the first is written at once, the others as one line,
/// "...: N more within S s", with the next line logged after ten seconds.
void limit_repeated_lines() noexcept;

/// Writes the counts of repeated and of lost lines, and counts from zero again.
void tell_repeated_lines() noexcept;

/// Writes the parts as one line, in one piece. Escapes control characters and bytes beyond ASCII as \xNN, since a
/// client may have sent a part. Truncates a line of more than 4,000 bytes.
void log(LogLevel level, std::initializer_list<std::string_view> parts) noexcept;
void log(LogLevel level, std::string_view event) noexcept;

/// Writes the parts as one line, even if it repeats an earlier one: for the beginnings and ends of what lasts.
void log_change(LogLevel level, std::initializer_list<std::string_view> parts) noexcept;

/// Writes "reelgate: text" as one line, for the person who started the program. Escapes control characters, but keeps
/// bytes beyond ASCII, which are that person's own.
void complain(std::string_view text) noexcept;

/// Returns the level of that name; nothing if there is none.
std::optional<LogLevel> log_level_named(std::string_view name);

}  // namespace reelgate
