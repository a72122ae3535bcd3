// Owns what a statement uses, as SQLite's authorizer names it, and which functions are pure.
// SPDX-License-Identifier: MIT
#include "catalog/uses.h"

#include <strings.h>

#include <algorithm>
#include <array>
#include <new>

namespace reelgate::catalog {

namespace {

/// Functions that give the same for the same arguments: built into SQLite, and sha256 of ours. What is not here is not
/// remembered, and is still right: those of date and time, which may be given 'now', random(), changes(),
/// last_insert_rowid(), and whatever a later SQLite brings.
constexpr std::array pure_functions = std::to_array<std::string_view>({
    "->", "->>", "abs", "avg", "char", "coalesce", "concat", "concat_ws", "count", "format", "glob", "group_concat",
    "hex", "ifnull", "iif", "instr", "json", "json_array", "json_array_length", "json_extract", "json_object",
    "json_quote", "json_type", "json_valid", "length", "like", "likelihood", "likely", "lower", "ltrim", "max",
    "min", "nullif", "octet_length", "printf", "quote", "replace", "round", "rtrim", "sha256", "sign", "substr",
    "substring", "sum", "total", "trim", "typeof", "unhex", "unicode", "unlikely", "upper", "zeroblob",
});

/// SQL's names are the same in capitals, as far as ASCII goes.
bool is_same_name(std::string_view a, std::string_view b) {
    return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace

void Uses::add_table(std::string_view schema, std::string_view table) noexcept {
    if (schema != "main") return add_impure();
    if (is_impure_ || std::find(tables_.begin(), tables_.end(), table) != tables_.end()) return;
    if (tables_.size() == max_tables) return add_impure();
    try {
        tables_.emplace_back(table);
    } catch (const std::bad_alloc&) {
        add_impure();
    }
}

void Uses::add_function(std::string_view function) noexcept {
    const auto is_it = [&](std::string_view pure) { return is_same_name(pure, function); };
    if (std::none_of(pure_functions.begin(), pure_functions.end(), is_it)) add_impure();
}

}  // namespace reelgate::catalog
