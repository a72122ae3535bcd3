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

    /// Returns a column that the query lacks: a required one, or `allow` if it has had it before. Without that column
    /// everybody may watch, which a change of the schema must not bring about. Null if it lacks none.
    const Column* missing() const;

    /// Reads the present row.
    Row read(const sqlite::Statement& statement) const;

private:
    PerColumn<std::optional<int>> places_;  ///< indexes of the columns in the statement
    bool has_decided_ = false;              ///< there was a column `allow`
};

}  // namespace reelgate::catalog
