// Owns what a connection remembers of the catalogue's answers, and for how long: as long as SQLite itself would answer
// from the same pages.
// Does not look anything up for others.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "catalog/cached_rows.h"
#include "catalog/row.h"
#include "catalog/sqlite.h"
#include "catalog/stamp.h"

namespace reelgate::catalog {

/// The answers that one connection has given, for the thread that uses it. Remembers only in WAL mode, where no system
/// call is needed to see a commit; and only answers of a statement that uses ordinary tables and pure functions alone,
/// so that equal pages mean equal answers.
class Cache {
public:
    /// Returns the answer for `id`, if it is known and SQLite would give the same now.
    std::optional<std::optional<Row>> find(std::string_view id);

    /// Notes that a look-up begins.
    void begin(const sqlite::Connection& connection);

    /// Remembers the answer to that look-up, unless there was a commit meanwhile. Remembers nothing if memory is short.
    void keep(std::string_view id, const std::optional<Row>& row, const sqlite::Connection& connection,
              const sqlite::Statement& statement) noexcept;

    /// Judges the statement anew at the next occasion: it was prepared again, after a change of the schema.
    void judge_anew() { is_pure_.reset(); }

    /// Forgets all: must be called before the connection is closed.
    void forget() noexcept;

private:
    const volatile std::uint32_t* wal_index_ = nullptr;  ///< the connection's
    std::optional<Stamp> before_;                        ///< the look-up
    std::optional<Stamp> stamp_;                         ///< of all that is in rows_
    std::optional<bool> is_pure_;                        ///< the statement; nothing: not judged yet
    CachedRows rows_;
};

}  // namespace reelgate::catalog
