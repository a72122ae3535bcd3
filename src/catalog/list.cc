// Owns the questions of the audit about a whole catalogue.
// SPDX-License-Identifier: MIT
#include "catalog/list.h"

#include <chrono>
#include <utility>

#include "catalog/diagnosis.h"
#include "catalog/error.h"
#include "catalog/own.h"
#include "catalog/sqlite.h"

namespace reelgate::catalog {

namespace {

using sqlite::Access;
using sqlite::Code;
using sqlite::Result;

/// How long a person's command waits for a writer.
constexpr std::chrono::milliseconds lock_timeout{10'000};

const char* flaw_of(const sqlite::Statement& statement) {
    if (const char* const excess = statement.excess()) return excess;
    if (statement.parameter_count() != 0) return "has a parameter";
    return statement.column_count() != 1 ? "does not have one result column, the id" : nullptr;
}

}  // namespace

std::vector<std::string> list_ids(const std::filesystem::path& database, const std::string& list) {
    sqlite::Connection connection;
    const auto fail = [&](std::string operation, Result result) {
        posix::Failure failure = diagnose(std::move(operation), database, connection, result, Access::read);
        if (result.code() == Code::error) failure.add_remedy("give the SQL that lists all ids with --list");
        throw CatalogError{std::move(failure)};
    };
    Result result = connection.open(database, Access::read, lock_timeout);
    if (!result.is_ok()) fail(posix::operation_of("open-catalogue"), result);
    sqlite::Statement statement;
    result = statement.prepare(connection, list);
    if (!result.is_ok()) fail(posix::operation_of("list-videos"), result);
    if (const char* const flaw = flaw_of(statement))
        throw CatalogError{posix::failure_of("list-wrong", list, flaw)};
    std::vector<std::string> ids;
    while ((result = statement.step()).code() == Code::row) ids.push_back(statement.column(0).value_or(""));
    if (result.code() != Code::done) fail(posix::operation_of("list-videos"), result);
    return ids;
}

bool has_our_columns(const std::filesystem::path& database) {
    sqlite::Connection connection;
    sqlite::Statement statement;
    return connection.open(database, Access::read, std::chrono::milliseconds{250}).is_ok() &&
           statement.prepare(connection, columns_of_0_1).is_ok();
}

bool uses_wal(const std::filesystem::path& database) {
    sqlite::Connection connection;
    return connection.open(database, Access::read, std::chrono::milliseconds{250}).is_ok() && connection.is_wal();
}

}  // namespace reelgate::catalog
