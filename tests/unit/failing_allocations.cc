// Owns the failed allocation that a test asks for: the N-th one of its thread, by operator new or by SQLite.
// SPDX-License-Identifier: MIT
#include "failing_allocations.h"

#include <sqlite3.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>

namespace {

/// What this thread's allocations have before them. Nothing fails where `failing` is 0.
thread_local unsigned succeeding = 0, failing = 0;
thread_local bool one_has_failed = false;

bool fails_now() {
    if (failing == 0) return false;
    if (succeeding > 0) return --succeeding, false;
    --failing;
    one_has_failed = true;
    return true;
}

void* allocate(std::size_t size) {
    if (fails_now()) throw std::bad_alloc{};
    void* const place = std::malloc(size > 0 ? size : 1);
    if (!place) throw std::bad_alloc{};
    return place;
}

void* allocate_or_null(std::size_t size) noexcept { return fails_now() ? nullptr : std::malloc(size > 0 ? size : 1); }

sqlite3_mem_methods sqlites_own;

void* allocate_for_sqlite(int size) { return fails_now() ? nullptr : sqlites_own.xMalloc(size); }

void* reallocate_for_sqlite(void* place, int size) {
    return fails_now() ? nullptr : sqlites_own.xRealloc(place, size);
}

/// SQLite asks its own allocator, and without a store beside it: each allocation can fail.
struct SqliteAllocations {
    SqliteAllocations() {
        sqlite3_config(SQLITE_CONFIG_GETMALLOC, &sqlites_own);
        sqlite3_mem_methods methods = sqlites_own;
        methods.xMalloc = allocate_for_sqlite;
        methods.xRealloc = reallocate_for_sqlite;
        sqlite3_config(SQLITE_CONFIG_MALLOC, &methods);
        sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0);
    }
};

BOOST_TEST_GLOBAL_FIXTURE(SqliteAllocations);

}  // namespace

void* operator new(std::size_t size) { return allocate(size); }
void* operator new[](std::size_t size) { return allocate(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return allocate_or_null(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return allocate_or_null(size); }
void operator delete(void* place) noexcept { std::free(place); }
void operator delete[](void* place) noexcept { std::free(place); }
void operator delete(void* place, std::size_t) noexcept { std::free(place); }
void operator delete[](void* place, std::size_t) noexcept { std::free(place); }
void operator delete(void* place, const std::nothrow_t&) noexcept { std::free(place); }
void operator delete[](void* place, const std::nothrow_t&) noexcept { std::free(place); }

namespace reelgate {

FailingAllocations::FailingAllocations(unsigned before, unsigned count) {
    succeeding = before;
    failing = count;
    one_has_failed = false;
}

FailingAllocations::~FailingAllocations() { failing = 0; }

bool FailingAllocations::has_failed() const { return one_has_failed; }

}  // namespace reelgate
