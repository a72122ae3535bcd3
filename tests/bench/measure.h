// Owns measuring a function: the median time of a call, and what it allocates by operator new.
// Does not print. Replaces operator new: only one file of a program includes it.
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <new>
#include <vector>

namespace reelgate::bench {

inline std::size_t allocations = 0;

/// What one call takes.
struct Measured {
    double nanoseconds;  ///< the median of several rounds
    std::size_t allocations;
};

/// Measures `once` in rounds of `round_time`, and looks at the clock after `calls` calls each.
template <typename Function>
Measured measure(std::chrono::milliseconds round_time, std::size_t calls, Function&& once) {
    using Clock = std::chrono::steady_clock;
    constexpr std::size_t rounds = 9;
    const std::size_t before = allocations;
    once();
    const std::size_t per_call = allocations - before;
    std::vector<double> times;
    for (std::size_t round = 0; round < rounds; ++round) {
        std::size_t count = 0;
        const auto begin = Clock::now();
        for (; Clock::now() - begin < round_time; count += calls)
            for (std::size_t i = 0; i < calls; ++i) once();
        times.push_back(std::chrono::duration<double, std::nano>(Clock::now() - begin).count() /
                        static_cast<double>(count));
    }
    std::nth_element(times.begin(), times.begin() + rounds / 2, times.end());
    return {times[rounds / 2], per_call};
}

}  // namespace reelgate::bench

void* operator new(std::size_t size) {
    ++reelgate::bench::allocations;
    if (void* const memory = std::malloc(size)) return memory;
    throw std::bad_alloc{};
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
