// Owns the number of viewers: requests about videos that are being answered.
// SPDX-License-Identifier: MIT
#include "engine/viewers.h"

namespace reelgate::engine {

Viewers::Seat Viewers::admit(std::size_t limit) {
    std::size_t now = now_.load(std::memory_order_relaxed);
    do {
        if (limit > 0 && now >= limit) return {};
    } while (!now_.compare_exchange_weak(now, now + 1, std::memory_order_relaxed));
    std::size_t max = max_.load(std::memory_order_relaxed);
    while (now + 1 > max && !max_.compare_exchange_weak(max, now + 1, std::memory_order_relaxed)) {
    }
    return Seat{this};
}

}  // namespace reelgate::engine
