// Owns operator new of the unit tests: it fails in a thread that asks for that, and nowhere else.
// Does not touch malloc: libraries in C have their memory. For one source of the tests, since it defines operators.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdlib>
#include <new>

namespace reelgate {

/// Lets allocations of this thread fail during its lifetime: all, or the `nth` and all after it.
class FailingAllocations {
public:
    explicit FailingAllocations(int nth = 1) {
        failed_ = 0;
        left_ = nth;
    }
    FailingAllocations(const FailingAllocations&) = delete;
    FailingAllocations& operator=(const FailingAllocations&) = delete;
    ~FailingAllocations() { left_ = off; }

    /// Returns how many have failed since the last one began.
    static int failed() { return failed_; }

    /// Called by operator new.
    static bool fails() {
        if (left_ == off) return false;
        if (left_ > 1) {
            --left_;
            return false;
        }
        ++failed_;
        return true;
    }

private:
    static constexpr int off = 0;
    static inline thread_local int left_ = off;
    static inline thread_local int failed_ = 0;
};

}  // namespace reelgate

void* operator new(std::size_t size) {
    void* const memory = reelgate::FailingAllocations::fails() ? nullptr : std::malloc(size ? size : 1);
    if (!memory) throw std::bad_alloc{};
    return memory;
}

void operator delete(void* memory) noexcept { std::free(memory); }

void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
