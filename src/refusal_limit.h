// Owns the limit on the log's lines about refusals, which anybody can make as many of as there are requests: ten within
// a second are written, and the others are counted.
// Does not write, has no clock (callers pass the time), and allocates no memory.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <utility>

namespace reelgate {

/// Decides which refusals have a line. Equal ones have one each: what reads the log counts them.
class RefusalLimit {
public:
    using Time = std::chrono::steady_clock::time_point;

    /// Lines within a second. Who tries in vain ten times is known by then.
    static constexpr unsigned max_lines = 10;

    /// Takes a refusal at `now`. Returns whether it has a line; counts it otherwise. Call take_due() before.
    bool admit(Time now) noexcept {
        if (is_over(now)) {
            begin_ = now;
            written_ = 0;
        }
        if (written_ == max_lines) {
            ++counted_;
            return false;
        }
        ++written_;
        return true;
    }

    /// Returns how many were counted in a second that is over at `now`, once; 0: none, or it goes on.
    std::uint64_t take_due(Time now) noexcept { return is_over(now) ? take() : 0; }

    /// Returns how many were counted, once.
    std::uint64_t take() noexcept { return std::exchange(counted_, 0); }

private:
    bool is_over(Time now) const noexcept { return now - begin_ >= std::chrono::seconds{1}; }

    Time begin_{};  ///< of the second
    unsigned written_ = 0;
    std::uint64_t counted_ = 0;
};

}  // namespace reelgate
