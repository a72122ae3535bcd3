// Owns the bar that shows the progress of a long command on a terminal.
// SPDX-License-Identifier: MIT
#include "commands/progress_bar.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <utility>

#include "commands/interrupt.h"

namespace reelgate::commands {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds interval{100};

/// Columns of a terminal that does not tell its width.
constexpr std::size_t usual_columns = 80;

/// Characters below which a bar shows no more than the percentage does.
constexpr std::size_t least_bar = 5;

std::size_t terminal_columns() {
    winsize size{};
    const bool is_known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    // In the last column the cursor may move to a new line.
    return (is_known ? size.ws_col : usual_columns) - 1;
}

}  // namespace

std::string bar_of(std::string_view doing, std::size_t done, std::size_t total, std::size_t columns) {
    std::string line{doing};
    if (total == 0) {
        line.append(": ").append(std::to_string(done));
    } else {
        const std::string numbers = std::to_string(done * 100 / total) + " %, " + std::to_string(done) + " of " +
                                    std::to_string(total);
        constexpr std::size_t around = 4;  // " [" and "] "
        const std::size_t taken = line.size() + around + numbers.size();
        if (taken + least_bar <= columns) {
            std::string bar(columns - taken, ' ');
            bar.replace(0, bar.size() * done / total, bar.size() * done / total, '#');
            line.append(" [").append(bar).append("] ").append(numbers);
        } else {
            line.append(": ").append(numbers);
        }
    }
    line.resize(std::min(line.size(), columns));
    return line;
}

ProgressBar::ProgressBar() : is_terminal_(isatty(STDERR_FILENO) == 1) {
    if (is_terminal_) wipe_line_when_interrupted();
}

ProgressBar::~ProgressBar() { hide(); }

void ProgressBar::hide() {
    if (std::exchange(is_shown_, false)) std::fputs("\r\x1b[K", stderr);
}

void ProgressBar::show(std::string_view doing, std::size_t done, std::size_t total) {
    if (!is_terminal_) return;
    const auto now = Clock::now();
    // The last step is always shown: the work after it may take long.
    if (is_shown_ && done != total && now - shown_at_ < interval) return;
    shown_at_ = now;
    is_shown_ = true;
    std::fprintf(stderr, "\r\x1b[K%s", bar_of(doing, done, total, terminal_columns()).c_str());
    std::fflush(stderr);
}

}  // namespace reelgate::commands
