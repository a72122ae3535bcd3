// Owns the limit on repeated log lines, which could fill a disk: a line that was just written is counted instead.
// Does not write, has no clock (callers pass the time), and allocates no memory.
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string_view>

#include "log_line.h"

namespace reelgate {

/// Decides which lines of a log to write. Lines that differ are never counted together.
class RepeatLimit {
public:
    using Time = std::chrono::steady_clock::time_point;

    /// Passes the lines to write to `out`, which must outlive this.
    explicit RepeatLimit(LogLines& out) : out_(out) {}

    /// Takes a line that was logged at `now`. Passes on summaries that are due, then the line, unless it was logged
    /// within the last ten seconds.
    void admit(std::string_view line, Time now) noexcept;

    /// Passes on a summary of each suppressed line that is ten seconds old, and forgets the line.
    void tell_due(Time now) noexcept;

    /// Passes on a summary of each suppressed line, and forgets all lines: the next of each is written again.
    void tell_all() noexcept;

private:
    /// Lines that are remembered. Few different failures fill a disk at a time, though many requests may meet them.
    static constexpr std::size_t max_entries = 16;

    struct Entry {
        LogLine line;
        Time begin;                 ///< of the ten seconds
        Time last;                  ///< of the latest repetition
        std::uint64_t repeats = 0;  ///< suppressed ones
    };

    Entry& entry(std::size_t i) noexcept { return entries_[(first_ + i) % max_entries]; }
    Entry* find(std::string_view line) noexcept;
    void tell_first() noexcept;

    LogLines& out_;
    std::array<Entry, max_entries> entries_;  ///< a ring: the latest to begin is last
    std::size_t first_ = 0;
    std::size_t count_ = 0;
};

}  // namespace reelgate
