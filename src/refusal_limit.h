// Owns the limit on log lines about refusals, since each request can cause one: for each reason ten are written within
// a second, and the others are counted. One budget for all reasons would let a client hide its guesses among refusals
// that ban nobody.
// Does not write, has no clock (callers pass the time), and allocates no memory.
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace reelgate {

/// Decides which refusals have a line. Equal ones have one each: what reads the log counts them.
class RefusalLimit {
public:
    using Time = std::chrono::steady_clock::time_point;

    /// Lines within a second, for each reason: enough to recognise an address that guesses.
    static constexpr unsigned max_lines = 10;

    static constexpr std::size_t max_reasons = 8;

    /// Takes a refusal for a reason, below max_reasons, at `now`. Returns whether it has a line; counts it otherwise.
    /// Call take_due() before.
    bool admit(Time now, std::size_t reason) noexcept {
        if (is_over(now)) {
            begin_ = now;
            written_ = {};
        }
        if (written_[reason] == max_lines) {
            ++counted_;
            return false;
        }
        ++written_[reason];
        return true;
    }

    /// Returns how many were counted in a second that is over at `now`, once; 0: none, or it goes on.
    std::uint64_t take_due(Time now) noexcept { return is_over(now) ? take() : 0; }

    /// Returns how many were counted, once.
    std::uint64_t take() noexcept { return std::exchange(counted_, 0); }

private:
    bool is_over(Time now) const noexcept { return now - begin_ >= std::chrono::seconds{1}; }

    Time begin_{};  ///< of the second
    std::array<unsigned, max_reasons> written_{};
    std::uint64_t counted_ = 0;
};

}  // namespace reelgate
