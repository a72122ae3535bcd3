// Owns the log: one line an event on standard error, "reelgate: level: what: object: why"; in systemd's journal, which
// has name and level in fields of its own, "<N>what: object: why".
// SPDX-License-Identifier: MIT
#include "log.h"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <mutex>
#include <string>
#include <vector>

#include "repeat_limit.h"

namespace reelgate {

namespace {

constexpr std::array<std::string_view, 5> names{"error", "warning", "notice", "info", "debug"};

std::atomic<LogLevel> least{LogLevel::notice};

enum class BeyondAscii { escaped, kept };

void append_escaped(std::string& line, std::string_view text, BeyondAscii beyond_ascii) {
    constexpr std::string_view digits = "0123456789abcdef";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        const bool is_kept = byte < 0x80 ? byte >= 0x20 && byte != 0x7f : beyond_ascii == BeyondAscii::kept;
        if (is_kept)
            line.push_back(c);
        else
            line.append({'\\', 'x', digits[byte >> 4], digits[byte & 15]});
    }
}

void write_line(std::string line) {
    line.push_back('\n');
    // A log that cannot be written has nobody to be told to.
    [[maybe_unused]] const auto ignored = write(STDERR_FILENO, line.data(), line.size());
}

/// Bytes of an event: a pipe takes 4,096 in one piece (pipe(7)), and part of an event may be a client's, of any length.
constexpr std::size_t most_event = 4000;

/// The priorities of syslog(3), as systemd takes them off the front of a line (sd-daemon(3)).
constexpr std::array<std::string_view, 5> priorities{"<3>", "<4>", "<5>", "<6>", "<7>"};

std::atomic<LogForm> form{LogForm::terminal};

std::string line_head(LogLevel level) {
    const auto i = static_cast<std::size_t>(level);
    if (form == LogForm::journal) return std::string{priorities[i]};
    return "reelgate: " + std::string{names[i]} + ": ";
}

std::atomic<bool> are_repeats_counted{false};
std::mutex repeats_mutex;
RepeatLimit repeats;  // under repeats_mutex

/// What is to be written now that `line` has come.
std::vector<std::string> admitted(LogLevel level, std::string line) {
    if (!are_repeats_counted) return {std::move(line)};
    const auto now = std::chrono::steady_clock::now();
    const std::lock_guard lock{repeats_mutex};
    // Only failures repeat themselves without end; what somebody wants to have told at another level is told.
    if (level <= LogLevel::warning) return repeats.admit(line, now);
    std::vector<std::string> lines = repeats.due(now);
    lines.push_back(std::move(line));
    return lines;
}

}  // namespace

void set_log_level(LogLevel level) { least = level; }

void set_log_form(LogForm new_form) { form = new_form; }

bool leads_to_journal(int fd, const char* journal_stream) {
    struct stat status;
    if (!journal_stream || fstat(fd, &status) != 0) return false;
    // A service that sends its standard error elsewhere inherits the variable all the same.
    return journal_stream == std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
}

void limit_repeated_lines() { are_repeats_counted = true; }

void tell_repeated_lines() {
    const std::lock_guard lock{repeats_mutex};
    for (std::string& line : repeats.forget()) write_line(std::move(line));
}

bool is_logged(LogLevel level) { return level <= least; }

void log(LogLevel level, std::string_view event) {
    if (!is_logged(level)) return;
    std::string line = line_head(level);
    append_escaped(line, event, BeyondAscii::escaped);
    if (line.size() > most_event) line.replace(most_event, std::string::npos, "...");
    for (std::string& admitted_line : admitted(level, std::move(line))) write_line(std::move(admitted_line));
}

void complain(std::string_view text) {
    std::string line{form == LogForm::journal ? priorities.front() : "reelgate: "};
    append_escaped(line, text, BeyondAscii::kept);
    write_line(std::move(line));
}

std::optional<LogLevel> log_level_named(std::string_view name) {
    for (std::size_t i = 0; i < names.size(); ++i)
        if (names[i] == name) return static_cast<LogLevel>(i);
    return std::nullopt;
}

}  // namespace reelgate
