// Owns where the result columns of the query are, and the reading of a row.
// SPDX-License-Identifier: MIT
#include "catalog/result_columns.h"

#include "catalog/allow.h"
#include "http/ascii.h"

namespace reelgate::catalog {

namespace {

constexpr std::size_t allow = index_of(nullptr);

/// Names are exact, but for `allow`: one that is overlooked would let everybody in.
bool is_named(std::size_t column, std::string_view name) {
    return column == allow ? http::equal_ignoring_case(columns[column].name, name) : columns[column].name == name;
}

}  // namespace

bool ResultColumns::find(const sqlite::Statement& statement) {
    places_ = {};
    deciding_ = 0;
    for (int i = statement.column_count() - 1; i >= 0; --i) {
        const auto name = statement.column_name(i);
        if (!name) return false;
        for (std::size_t c = 0; c < columns.size(); ++c)
            if (is_named(c, *name)) places_[c] = i;
        deciding_ += is_named(allow, *name) ? 1 : 0;
    }
    has_decided_ |= places_[allow].has_value();
    return true;
}

const Column* ResultColumns::missing() const {
    for (std::size_t c = 0; c < columns.size(); ++c)
        if (!places_[c] && (columns[c].is_required || (c == allow && has_decided_))) return &columns[c];
    return nullptr;
}

Row ResultColumns::read(const sqlite::Statement& statement) const {
    Row row;
    for (std::size_t c = 0; c < columns.size(); ++c) {
        if (!places_[c]) continue;
        if (c == allow) {
            read_allow(statement, *places_[c], row);
            continue;
        }
        auto& value = row.*columns[c].value;
        value = statement.column(*places_[c]);
        if (value && value->empty()) value.reset();
    }
    return row;
}

}  // namespace reelgate::catalog
