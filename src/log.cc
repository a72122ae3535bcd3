// Owns the log: one line an event on standard error, "reelgate: level: what: object: why".
// SPDX-License-Identifier: MIT
#include "log.h"

#include <unistd.h>

#include <array>
#include <string>

namespace reelgate {

namespace {

constexpr std::array<std::string_view, 5> names{"error", "warning", "notice", "info", "debug"};

LogLevel least = LogLevel::notice;

void append_escaped(std::string& line, std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x20 && byte < 0x7f)
            line.push_back(c);
        else
            line.append({'\\', 'x', digits[byte >> 4], digits[byte & 15]});
    }
}

}  // namespace

void set_log_level(LogLevel level) { least = level; }

bool is_logged(LogLevel level) { return level <= least; }

void log(LogLevel level, std::string_view event) {
    if (!is_logged(level)) return;
    std::string line = "reelgate: ";
    line.append(names[static_cast<std::size_t>(level)]).append(": ");
    append_escaped(line, event);
    line.push_back('\n');
    // A log that cannot be written has nobody to be told to.
    [[maybe_unused]] const auto ignored = write(STDERR_FILENO, line.data(), line.size());
}

std::optional<LogLevel> log_level_named(std::string_view name) {
    for (std::size_t i = 0; i < names.size(); ++i)
        if (names[i] == name) return static_cast<LogLevel>(i);
    return std::nullopt;
}

}  // namespace reelgate
