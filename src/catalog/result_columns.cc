// Owns where the result columns of the query are, and the reading of a row.
// SPDX-License-Identifier: MIT
#include "catalog/result_columns.h"

#include "catalog/allow.h"
#include "http/ascii.h"
#include "messages/nearest.h"

namespace reelgate::catalog {

namespace {

constexpr std::size_t allow = index_of(nullptr);

/// Names are exact, but for `allow`: one that is overlooked would let everybody in.
bool is_named(std::size_t column, std::string_view name) {
    return column == allow ? http::equal_ignoring_case(columns[column].name, name) : columns[column].name == name;
}

/// How many characters of a name may be wrong. Without `allow` all may watch: better a warning too many.
std::size_t wrong_characters(std::size_t column) { return column == allow ? 2 : 1; }

}  // namespace

/// Notes a column if it is spelled nearly like one that is not there: best one that may stand for `allow`.
void ResultColumns::note_unknown(std::string_view name) {
    for (std::size_t c = 0; c < columns.size(); ++c)
        if (is_named(c, name)) return;
    for (std::size_t c = 0; c < columns.size(); ++c)
        if (!places_[c] && (!unknown_ || c == allow) &&
            messages::distance(name, columns[c].name) <= wrong_characters(c))
            unknown_ = Unknown{std::string{name}, columns[c].name};
}

bool ResultColumns::find(const sqlite::Statement& statement) {
    places_ = {};
    allow_count_ = 0;
    unknown_.reset();
    for (int i = statement.column_count() - 1; i >= 0; --i) {
        const auto name = statement.column_name(i);
        if (!name) return false;
        for (std::size_t c = 0; c < columns.size(); ++c)
            if (is_named(c, *name)) places_[c] = i;
        allow_count_ += is_named(allow, *name) ? 1 : 0;
    }
    if (places_[allow]) *had_allow_ = true;
    for (int i = 0; i < statement.column_count(); ++i) {
        const auto name = statement.column_name(i);
        if (!name) return false;
        note_unknown(*name);
    }
    return true;
}

std::string ResultColumns::flaw() const {
    for (std::size_t c = 0; c < columns.size(); ++c) {
        const bool is_needed = columns[c].is_required || (c == allow && *had_allow_);
        if (is_needed && !places_[c]) return "has no result column named " + std::string{columns[c].name};
    }
    return allow_count_ > 1 ? "has several result columns named allow" : "";
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
