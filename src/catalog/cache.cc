// Owns what a connection remembers of the catalogue's answers, and for how long.
// SPDX-License-Identifier: MIT
#include "catalog/cache.h"

#include <algorithm>
#include <new>

namespace reelgate::catalog {

namespace {

using sqlite::Code;

/// Tables that SQLite stores itself begin at a page. Virtual tables, which answer as they like, have page 0, or are not
/// in the schema at all. (The authorizer of SQLite 3.40 also sees what a module does when it connects, but
/// that is no promise.) What a view uses is among what the statement uses.
constexpr std::string_view ordinary =
    "SELECT 1 FROM main.sqlite_master WHERE name = ?1 AND (type = 'view' OR type = 'table' AND rootpage > 0)";

/// Returns nothing if SQLite cannot say now.
std::optional<bool> is_ordinary(sqlite::Statement& statement, std::string_view table) {
    if (!statement.bind(1, table).is_ok()) return std::nullopt;
    const Code code = statement.step().code();
    statement.reset();
    if (code == Code::row) return true;
    return code == Code::done ? std::optional{false} : std::nullopt;
}

/// Returns whether equal pages give equal answers; nothing if SQLite cannot say now.
std::optional<bool> is_pure(const sqlite::Connection& connection, const Uses& uses) {
    if (uses.is_impure()) return false;
    sqlite::Statement statement;
    if (!statement.prepare(connection, ordinary).is_ok()) return std::nullopt;
    for (const std::string& table : uses.tables())
        if (const auto is_it = is_ordinary(statement, table); is_it != true) return is_it;
    return true;
}

}  // namespace

std::optional<std::optional<Row>> Cache::find(std::string_view id) {
    if (!stamp_ || read_stamp(wal_index_) != stamp_) return std::nullopt;
    return rows_.find(id);
}

void Cache::begin(const sqlite::Connection& connection) {
    if (!wal_index_) wal_index_ = connection.wal_index();
    before_ = read_stamp(wal_index_);
}

void Cache::keep(std::string_view id, const std::optional<Row>& row, const sqlite::Connection& connection,
                 const sqlite::Statement& statement) noexcept {
    if (!before_ || read_stamp(wal_index_) != before_) return;
    if (!is_pure_) is_pure_ = is_pure(connection, statement.uses());
    if (is_pure_ != true) return;
    if (stamp_ != before_) rows_.clear();
    stamp_ = before_;
    try {
        rows_.keep(id, row);
    } catch (const std::bad_alloc&) {
        // Nothing is remembered then.
    }
}

void Cache::forget() noexcept {
    wal_index_ = nullptr;
    before_.reset();
    stamp_.reset();
    is_pure_.reset();
    rows_.clear();
}

}  // namespace reelgate::catalog
