// Owns where the result columns of the query are, and the reading of a row.
// Does not know what a row is for.
// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "catalog/row.h"
#include "catalog/sqlite.h"

namespace reelgate::catalog {

/// The result columns of one query, which SQLite may prepare again and again.
class ResultColumns {
public:
    /// Finds the columns of a statement by their names; the first of two with one name counts. Returns false if SQLite
    /// has no memory for their names: that must not count as a missing column.
    [[nodiscard]] bool find(const sqlite::Statement& statement);

    /// Returns whether several columns are called `allow`: which of them decides who may watch must not be a guess. A
    /// table that gets one brings that about, where the query takes `*` beside its own.
    bool is_ambiguous() const { return deciding_ > 1; }

    /// Returns a column that the query lacks: a required one, or `allow` if it has had it before. Without that column
    /// everybody may watch, which a change of the schema must not bring about. Null if it lacks none.
    const Column* missing() const;

    /// Reads the present row.
    Row read(const sqlite::Statement& statement) const;

private:
    PerColumn<std::optional<int>> places_;  ///< indexes of the columns in the statement
    unsigned deciding_ = 0;                 ///< columns called `allow`
    bool has_decided_ = false;              ///< there was one
};

}  // namespace reelgate::catalog
