// Owns the number of those who are being answered about a video.
// Does not know who they are.
// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>

#include "engine/statistics.h"

namespace reelgate::engine {

/// Any thread may call anything.
class alignas(cache_line) Viewers {
public:
    /// Gives a viewer's seat back at its end.
    struct Leave {
        void operator()(Viewers* viewers) const { viewers->now_.fetch_sub(1, std::memory_order_relaxed); }
    };
    using Seat = std::unique_ptr<Viewers, Leave>;

    /// Returns a seat; none where `limit` viewers have one. Zero: there is no limit. Must outlive all seats.
    Seat admit(std::size_t limit);

    std::size_t now() const { return now_.load(std::memory_order_relaxed); }
    std::size_t max() const { return max_.load(std::memory_order_relaxed); }  ///< the most that there were at a time

private:
    std::atomic<std::size_t> now_{0};
    std::atomic<std::size_t> max_{0};
};

}  // namespace reelgate::engine
