// Owns the bar that shows the progress of a long command on a terminal.
// Shows nothing anywhere else.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace reelgate::commands {

/// Formats a bar of at most `columns` characters: "rows and files [####    ] 50 %, 1 of 2". Without a `total`, or
/// without room for a bar, only the numbers.
std::string bar_of(std::string_view doing, std::size_t done, std::size_t total, std::size_t columns);

/// A bar on standard error, if that is a terminal. It disappears at the end of its scope, or when a signal ends the
/// process.
class ProgressBar {
public:
    ProgressBar();
    ProgressBar(const ProgressBar&) = delete;
    ProgressBar& operator=(const ProgressBar&) = delete;
    ~ProgressBar();

    /// Wipes the bar, for lines of text; the next show() shows it again.
    void hide();

    void show(std::string_view doing, std::size_t done, std::size_t total);

private:
    bool is_terminal_;
    bool is_shown_ = false;
    std::chrono::steady_clock::time_point shown_at_;
};

}  // namespace reelgate::commands
