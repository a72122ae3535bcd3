// Owns what a statement uses, as SQLite's authorizer names it, and which functions are pure: their value depends on
// nothing but their arguments.
// Does not know whether a table is an ordinary one: cache.h asks the schema.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace reelgate::catalog {

/// Collects what a statement uses. No function throws: SQLite's C code calls them.
class Uses {
public:
    /// Tables and views that are told apart: a statement with more counts as impure.
    static constexpr std::size_t max_tables = 16;

    void add_table(std::string_view schema, std::string_view table) noexcept;
    void add_function(std::string_view function) noexcept;
    void add_impure() noexcept { is_impure_ = true; }

    /// Returns whether something is used whose value may change by itself.
    bool is_impure() const { return is_impure_; }

    /// Tables and views of the database itself, if nothing is impure.
    const std::vector<std::string>& tables() const { return tables_; }

private:
    std::vector<std::string> tables_;
    bool is_impure_ = false;
};

}  // namespace reelgate::catalog
