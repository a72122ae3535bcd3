// Owns what keeps a repeated failure from filling a disk: a line that was just written is counted instead.
// Does not write, has no clock (it is told the time), and needs no memory but its own.
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string_view>

#include "log_line.h"

namespace reelgate {

/// Decides which lines of a log are to be written. Lines that differ are never counted together.
class RepeatLimit {
public:
    using Time = std::chrono::steady_clock::time_point;

    /// Passes the lines that are to be written to `out`, which must outlive it.
    explicit RepeatLimit(LogLines& out) : out_(out) {}

    /// Takes a line that has come at `now`. Passes it on unless it was there already within the last ten seconds, and
    /// before it a summary of each that was left out and is ten seconds old.
    void admit(std::string_view line, Time now) noexcept;

    /// Passes on a summary of each line that was left out and is ten seconds old, and forgets these.
    void tell_due(Time now) noexcept;

    /// Passes on a summary of each line that was left out, and forgets all: the next of each is written again.
    void tell_all() noexcept;

private:
    /// Lines that are remembered. Failures that fill disks are few at a time, if of many requests.
    static constexpr std::size_t max_entries = 16;

    struct Entry {
        LogLine line;
        Time begin;                 ///< of the ten seconds
        Time last;                  ///< when it came last
        std::uint64_t repeats = 0;  ///< that were left out
    };

    Entry& entry(std::size_t i) noexcept { return entries_[(first_ + i) % max_entries]; }
    Entry* find(std::string_view line) noexcept;
    void tell_first() noexcept;

    LogLines& out_;
    std::array<Entry, max_entries> entries_;  ///< a ring: the one that begins latest is last
    std::size_t first_ = 0;
    std::size_t count_ = 0;
};

}  // namespace reelgate
