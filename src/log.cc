// Owns the log: one line an event on standard error, "reelgate: level: what: object: why".
// SPDX-License-Identifier: MIT
#include "log.h"

#include <unistd.h>

#include <array>
#include <atomic>
#include <string>

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

}  // namespace

void set_log_level(LogLevel level) { least = level; }

bool is_logged(LogLevel level) { return level <= least; }

void log(LogLevel level, std::string_view event) {
    if (!is_logged(level)) return;
    std::string line = "reelgate: ";
    line.append(names[static_cast<std::size_t>(level)]).append(": ");
    append_escaped(line, event, BeyondAscii::escaped);
    write_line(std::move(line));
}

void complain(std::string_view text) {
    std::string line = "reelgate: ";
    append_escaped(line, text, BeyondAscii::kept);
    write_line(std::move(line));
}

std::optional<LogLevel> log_level_named(std::string_view name) {
    for (std::size_t i = 0; i < names.size(); ++i)
        if (names[i] == name) return static_cast<LogLevel>(i);
    return std::nullopt;
}

}  // namespace reelgate
