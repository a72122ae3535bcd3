// Owns the failed allocation that a test asks for: the N-th one of its thread, by operator new or by SQLite.
// Does not touch any other allocation, nor what C's library allocates for itself.
// SPDX-License-Identifier: MIT
#pragma once

#include <new>
#include <string>

namespace reelgate {

/// Makes allocations of this thread fail as long as it lives, once `before` of them have succeeded: `count` in a row.
class FailingAllocations {
public:
    explicit FailingAllocations(unsigned before, unsigned count = 1);
    FailingAllocations(const FailingAllocations&) = delete;
    FailingAllocations& operator=(const FailingAllocations&) = delete;
    ~FailingAllocations();

    /// Tells whether one has failed so far.
    bool has_failed() const;
};

/// Calls `attempt` with ever more allocations that succeed before `count` fail, until none fails any more; and after
/// each call `check`, with a text that says which it was. `attempt` may throw whatever it does.
template <typename Attempt, typename Check>
void for_each_failing_allocation(unsigned count, Attempt&& attempt, Check&& check) {
    bool has_failed = true;
    for (unsigned before = 0; has_failed; ++before) {
        {
            const FailingAllocations failing{before, count};
            attempt();
            has_failed = failing.has_failed();
        }
        check(std::to_string(count) + " after " + std::to_string(before));
    }
}

}  // namespace reelgate
