// Owns the number of viewers: requests about videos that are being answered.
// Does not know the requests.
// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>

#include "engine/statistics.h"

namespace reelgate::engine {

/// Counts viewers. Any thread may call any function.
class alignas(cache_line) Viewers {
public:
    /// Gives a seat back when its viewer leaves.
    struct Leave {
        void operator()(Viewers* viewers) const { viewers->now_.fetch_sub(1, std::memory_order_relaxed); }
    };
    using Seat = std::unique_ptr<Viewers, Leave>;

    /// Returns a seat; none if `limit` viewers have one. Zero: no limit. This must outlive all seats.
    Seat admit(std::size_t limit);

    std::size_t now() const { return now_.load(std::memory_order_relaxed); }
    std::size_t max() const { return max_.load(std::memory_order_relaxed); }  ///< highest number so far

private:
    std::atomic<std::size_t> now_{0};
    std::atomic<std::size_t> max_{0};
};

}  // namespace reelgate::engine
