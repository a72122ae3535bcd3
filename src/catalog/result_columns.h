// Owns where the result columns of the query are, and the reading of a row.
// Does not know what a row is for.
// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "catalog/row.h"
#include "catalog/sqlite.h"

namespace reelgate::catalog {

/// The result columns of one query, which SQLite may prepare again and again.
class ResultColumns {
public:
    explicit ResultColumns(HadAllow had_allow) : had_allow_(std::move(had_allow)) {}

    /// Finds the columns of a statement by their names; the first of two with one name counts. Returns false if SQLite
    /// has no memory for their names: that must not count as a missing column.
    [[nodiscard]] bool find(const sqlite::Statement& statement);

    /// Returns what is wrong with the columns; empty if nothing is. One that is required may be missing, and so may
    /// `allow` where the query has ever had it. Several called `allow` are one too many: a table that gets one brings
    /// that about, where the query takes `*` beside its own.
    std::string flaw() const;

    /// A column that counts for nothing.
    struct Unknown {
        std::string name;
        std::string_view like;  ///< the one of `columns` that it may stand for
    };

    /// Returns a column that is spelled nearly like one that the query lacks, if there is one.
    const std::optional<Unknown>& unknown() const { return unknown_; }

    /// Reads the present row.
    Row read(const sqlite::Statement& statement) const;

private:
    void note_unknown(std::string_view name);

    PerColumn<std::optional<int>> places_;  ///< indexes of the columns in the statement
    unsigned allow_count_ = 0;              ///< columns called `allow`
    std::optional<Unknown> unknown_;
    HadAllow had_allow_;
};

}  // namespace reelgate::catalog
