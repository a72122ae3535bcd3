// Owns the log: one line an event on standard error, "reelgate: level: operation: object: cause; remedy"; in systemd's
// journal, which has name and level in fields of its own, "<N>operation: ...".
// SPDX-License-Identifier: MIT
#include "log.h"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <mutex>

#include "http/ascii.h"
#include "log_line.h"
#include "posix/line_output.h"
#include "refusal_limit.h"
#include "repeat_limit.h"

namespace reelgate {

namespace {

constexpr std::array<std::string_view, 5> names{"error", "warning", "notice", "info", "debug"};

/// The priorities of syslog(3), as systemd takes them off the front of a line (sd-daemon(3)).
constexpr std::array<std::string_view, 5> priorities{"<3>", "<4>", "<5>", "<6>", "<7>"};

/// Limit on the bytes of a line, without its newline and its suffix: "...", or the number of repetitions.
constexpr std::size_t max_event = 4000;

std::atomic<LogLevel> least{LogLevel::notice};
std::atomic<LogForm> form{LogForm::terminal};

void append_head(LogLine& line, LogLevel level) noexcept {
    const auto i = static_cast<std::size_t>(level);
    if (form == LogForm::journal)
        line.append(priorities[i]);
    else
        line.append("reelgate: ").append(names[i]).append(": ");
}

enum class BeyondAscii { escaped, kept };

/// Moves as much as fits into max_event bytes from the front of `text` to `line`, escaped.
void append_escaped(LogLine& line, std::string_view& text, BeyondAscii beyond_ascii) noexcept {
    for (; !text.empty(); text.remove_prefix(1)) {
        const auto byte = static_cast<unsigned char>(text.front());
        const bool is_kept = byte < 0x80 ? byte >= 0x20 && byte != 0x7f : beyond_ascii == BeyondAscii::kept;
        const auto [high, low] = http::lower_hex(text.front());
        const std::array<char, 4> escape{'\\', 'x', high, low};
        const std::string_view piece = is_kept ? text.substr(0, 1) : std::string_view{escape.data(), escape.size()};
        if (line.size() + piece.size() > max_event) return;
        line.append(piece);
    }
}

/// Writes to standard error, and counts the lines that it did not take.
class StandardError final : public LogLines {
public:
    void stop_waiting() noexcept { output_.stop_waiting(); }

    void write(std::string_view line) noexcept override {
        tell_lost();
        if (lost_ > 0 || !output_.write(line)) ++lost_;
    }

    /// Writes how many lines were lost, if standard error takes that.
    void tell_lost() noexcept {
        if (lost_ == 0) return;
        LogLine line;
        append_head(line, LogLevel::warning);
        line.append("log: ").append(lost_).append(" lines lost: standard error did not take them");
        if (output_.write(line.text())) lost_ = 0;
    }

    /// Writes a text of any length as one line.
    void write_whole(LogLine& line, std::string_view text) noexcept {
        append_escaped(line, text, BeyondAscii::kept);
        while (!text.empty()) {
            if (!output_.write(line.text(), "")) return;
            line.clear();
            append_escaped(line, text, BeyondAscii::kept);
        }
        output_.write(line.text());
    }

private:
    posix::LineOutput output_{STDERR_FILENO};
    std::uint64_t lost_ = 0;
};

std::atomic<bool> are_repeats_counted{false};
std::mutex mutex;
StandardError standard_error;         // under mutex
RepeatLimit repeats{standard_error};  // under mutex
RefusalLimit refusals;                // under mutex
std::atomic<bool> is_any_refusal_counted{false};  // changed under mutex

/// Writes a message with a count. Needs mutex.
void log_count(messages::Named<1> name, std::uint64_t count) noexcept {
    const messages::Number number{count};
    LogLine line;
    append_head(line, level_of(name.message().kind));
    for (const std::string_view text : messages::texts_of(name.message(), messages::views_of(number)))
        line.append(text);
    standard_error.write(line.text());
}

/// Writes how many refusals have no line. Needs mutex.
void tell_refusals(std::uint64_t count) noexcept {
    if (count == 0) return;
    is_any_refusal_counted = false;
    log_count("refused-more", count);
}

}  // namespace

void set_log_level(LogLevel level) noexcept { least = level; }

void set_log_form(LogForm new_form) noexcept { form = new_form; }

bool leads_to_journal(int fd, const char* journal_stream) noexcept {
    struct stat status;
    if (!journal_stream || fstat(fd, &status) != 0) return false;
    // A service with a redirected standard error inherits the variable, too.
    return LogLine{}.append(status.st_dev).append(":").append(status.st_ino).text() == journal_stream;
}

void log_without_waiting() noexcept {
    const std::lock_guard lock{mutex};
    standard_error.stop_waiting();
}

void limit_repeated_lines() noexcept { are_repeats_counted = true; }

void tell_repeated_lines() noexcept {
    const std::lock_guard lock{mutex};
    repeats.tell_all();
    tell_refusals(refusals.take());
    standard_error.tell_lost();
}

void tell_rationed_lines() noexcept {
    if (!is_any_refusal_counted.load(std::memory_order_relaxed)) return;
    const std::lock_guard lock{mutex};
    tell_refusals(refusals.take_due(std::chrono::steady_clock::now()));
}

bool is_logged(LogLevel level) noexcept { return level <= least; }

void write_line(LogLevel level, std::span<const std::string_view> texts, Repeats if_repeated,
                std::size_t reason) noexcept {
    if (!is_logged(level)) return;
    LogLine line;
    append_head(line, level);
    for (std::string_view text : texts) {
        append_escaped(line, text, BeyondAscii::escaped);
        if (text.empty()) continue;
        line.append("...");
        break;
    }
    const auto now = std::chrono::steady_clock::now();
    const std::lock_guard lock{mutex};
    tell_refusals(refusals.take_due(now));
    if (are_repeats_counted && if_repeated == Repeats::rationed && !refusals.admit(now, reason)) {
        is_any_refusal_counted = true;
        return;
    }
    // Only failures repeat without end; lines at other levels are requested.
    const bool is_counted = if_repeated == Repeats::counted && level <= LogLevel::warning;
    if (are_repeats_counted && is_counted) return repeats.admit(line.text(), now);
    if (are_repeats_counted) repeats.tell_due(now);
    standard_error.write(line.text());
}

void log_failure(const posix::Failure& failure) noexcept {
    write_line(level_of(failure.kind), posix::texts_of(failure), Repeats::counted);
}

void log_failure(const std::exception& error) noexcept {
    if (const auto* const held = dynamic_cast<const posix::FailureError*>(&error)) return log_failure(held->failure());
    const std::string_view what{error.what()};
    write_line(LogLevel::error, {&what, 1}, Repeats::counted);
}

void complain(std::string_view text) noexcept {
    LogLine line;
    line.append(form == LogForm::journal ? priorities.front() : "reelgate: ");
    const std::lock_guard lock{mutex};
    standard_error.tell_lost();
    standard_error.write_whole(line, text);
}

std::optional<LogLevel> log_level_named(std::string_view name) {
    for (std::size_t i = 0; i < names.size(); ++i)
        if (names[i] == name) return static_cast<LogLevel>(i);
    return std::nullopt;
}

}  // namespace reelgate
