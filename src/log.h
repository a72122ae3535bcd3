// Owns the log: one line an event on standard error, "reelgate: level: operation: object: cause; remedy"; in systemd's
// journal, which has name and level in fields of its own, "<N>operation: ...".
// Does not rotate, store or date: the service manager does. Never throws and never uses the heap, so that every failure
// can be logged.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <exception>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>

#include "messages/named.h"
#include "posix/failure.h"

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
/// "...: N more within S s", with the next line logged after ten seconds. Lines that are rationed are counted, too.
void limit_repeated_lines() noexcept;

/// Writes the counts of repeated, rationed and lost lines, and counts from zero again.
void tell_repeated_lines() noexcept;

/// Writes the count of rationed lines if their second is over. Costs nothing if there are none.
void tell_rationed_lines() noexcept;

/// What becomes of a line that repeats an earlier one.
enum class Repeats {
    counted,   ///< see limit_repeated_lines()
    written,   ///< for the beginnings and ends of what lasts
    rationed,  ///< written, even if it is equal, up to ten within a second for each reason; see RefusalLimit
};

/// Writes the texts as one line, in one piece. Escapes control characters and bytes beyond ASCII as \xNN, since a
/// client may have sent a part. Truncates a line of more than 4,000 bytes. `reason` is for RefusalLimit.
void write_line(LogLevel level, std::span<const std::string_view> texts, Repeats if_repeated,
                std::size_t reason = 0) noexcept;

/// Returns the level of a message: that of an error, unless the table says another.
constexpr LogLevel level_of(messages::Kind kind) noexcept {
    switch (kind) {
        case messages::Kind::warning: return LogLevel::warning;
        case messages::Kind::notice: return LogLevel::notice;
        case messages::Kind::info: return LogLevel::info;
        case messages::Kind::debug: return LogLevel::debug;
        case messages::Kind::usage: case messages::Kind::failure: case messages::Kind::note:
        case messages::Kind::error: break;
    }
    return LogLevel::error;
}

/// Logs the message of a name with its values.
template <typename... Values>
void log(std::type_identity_t<messages::Named<sizeof...(Values)>> name, const Values&... values) noexcept {
    const LogLevel level = level_of(name.message().kind);
    if (!is_logged(level)) return;
    write_line(level, messages::texts_of(name.message(), messages::views_of(values...)), Repeats::counted);
}

/// Logs the message of a name with its values, even if it repeats an earlier one.
template <typename... Values>
void log_change(std::type_identity_t<messages::Named<sizeof...(Values)>> name, const Values&... values) noexcept {
    write_line(level_of(name.message().kind), messages::texts_of(name.message(), messages::views_of(values...)),
               Repeats::written);
}

/// Logs the message of a name with its values, which says that a client was refused for a reason.
template <typename... Values>
void log_refusal(std::size_t reason, std::type_identity_t<messages::Named<sizeof...(Values)>> name,
                 const Values&... values) noexcept {
    write_line(level_of(name.message().kind), messages::texts_of(name.message(), messages::views_of(values...)),
               Repeats::rationed, reason);
}

/// Logs a failure, at the level of its message.
void log_failure(const posix::Failure& failure) noexcept;

/// Logs the failure that an exception holds; what it says, if it holds none.
void log_failure(const std::exception& error) noexcept;

/// Writes "reelgate: text" as one line, for the person who started the program. Escapes control characters, but keeps
/// bytes beyond ASCII, which are that person's own.
void complain(std::string_view text) noexcept;

/// Returns the level of that name; nothing if there is none.
std::optional<LogLevel> log_level_named(std::string_view name);

}  // namespace reelgate
