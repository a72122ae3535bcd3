// Owns what keeps a repeated failure from filling a disk: a line that was just written is counted instead.
// Does not write, and has no clock: it is told the time.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <vector>

namespace reelgate {

/// Tells which lines of a log are to be written. Lines that differ are never counted together.
class RepeatLimit {
public:
    using Time = std::chrono::steady_clock::time_point;

    /// Takes a line that has come at `now`; gives what is to be written: the line, unless it was there already within
    /// the last ten seconds, and before it what others come to that were left out.
    std::vector<std::string> admit(std::string_view line, Time now);

    /// Gives what lines come to that were left out and are ten seconds old, and forgets them.
    std::vector<std::string> due(Time now);

    /// Gives what all lines come to that were left out, and forgets them: the next of each is written again.
    std::vector<std::string> forget();

private:
    struct Entry {
        std::string line;
        Time begin;                ///< of the ten seconds
        Time last;                 ///< when it came last
        std::uint64_t repeats = 0; ///< that were left out
    };

    static void summarise(std::vector<std::string>& out, const Entry& entry);

    std::list<Entry> entries_;  ///< the one that begins latest is last
};

}  // namespace reelgate
