// Owns SQLite's prepared statements: the second half of the door to SQLite.
// SPDX-License-Identifier: MIT
#include <sqlite3.h>

#include <new>
#include <utility>

#include "catalog/sqlite.h"

namespace reelgate::catalog::sqlite {

static_assert(static_cast<int>(Type::integer) == SQLITE_INTEGER && static_cast<int>(Type::real) == SQLITE_FLOAT &&
              static_cast<int>(Type::text) == SQLITE_TEXT && static_cast<int>(Type::blob) == SQLITE_BLOB &&
              static_cast<int>(Type::null) == SQLITE_NULL);

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Result Statement::prepare(const Connection& connection, std::string_view sql, Use use) {
    sqlite3_stmt* raw = nullptr;
    const char* tail = nullptr;
    recorder_ = connection.uses_.get();
    if (recorder_) *recorder_ = {};
    const unsigned flags = use == Use::again_and_again ? SQLITE_PREPARE_PERSISTENT : 0;
    const int code = sqlite3_prepare_v3(connection.connection_.get(), sql.data(), static_cast<int>(sql.size()), flags,
                                        &raw, &tail);
    statement_.reset(raw);
    note_uses();
    const std::string_view rest = tail ? std::string_view{tail, sql.data() + sql.size()} : std::string_view{};
    has_tail_ = rest.find_first_not_of(" \t\r\n;") != std::string_view::npos;
    return {code};
}

Result Statement::bind(int parameter, std::string_view text) {
    return {sqlite3_bind_text64(statement_.get(), parameter, text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8)};
}

Result Statement::bind(int parameter, std::int64_t number) {
    return {sqlite3_bind_int64(statement_.get(), parameter, number)};
}

/// SQLite prepares a statement again while it steps.
Result Statement::step() {
    if (recorder_) *recorder_ = {};
    return {sqlite3_step(statement_.get())};
}

void Statement::note_uses() {
    uses_ = {};
    if (recorder_)
        std::swap(uses_, *recorder_);
    else
        uses_.add_impure();
}

void Statement::reset() noexcept {
    sqlite3_reset(statement_.get());
    sqlite3_clear_bindings(statement_.get());
}

int Statement::parameter_count() const { return sqlite3_bind_parameter_count(statement_.get()); }

std::optional<std::string_view> Statement::parameter_name(int parameter) const {
    const char* const name = sqlite3_bind_parameter_name(statement_.get(), parameter);
    return name ? std::optional<std::string_view>{name} : std::nullopt;
}

int Statement::column_count() const { return sqlite3_column_count(statement_.get()); }

std::optional<std::string_view> Statement::column_name(int column) const {
    const char* const name = sqlite3_column_name(statement_.get(), column);
    return name ? std::optional<std::string_view>{name} : std::nullopt;
}

std::optional<std::string> Statement::column(int column) const {
    if (sqlite3_column_type(statement_.get(), column) == SQLITE_NULL) return std::nullopt;
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
    if (!text) throw std::bad_alloc{};
    return std::string{text, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

Type Statement::type(int column) const { return static_cast<Type>(sqlite3_column_type(statement_.get(), column)); }

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }

std::size_t Statement::blob_length(int column) const {
    return static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column));
}

const char* Statement::excess() const {
    if (!statement_ || has_tail_) return "is not one statement";
    return sqlite3_stmt_readonly(statement_.get()) ? nullptr : "does not only read";
}

bool Statement::was_reprepared() {
    if (sqlite3_stmt_status(statement_.get(), SQLITE_STMTSTATUS_REPREPARE, 1) == 0) return false;
    note_uses();
    return true;
}

}  // namespace reelgate::catalog::sqlite
