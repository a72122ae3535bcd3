// Owns the writing of the catalogue: creation, and new rows in the shipped schema.
// SPDX-License-Identifier: MIT
#include "catalog/writer.h"

#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <utility>

#include "catalog/diagnosis.h"

namespace reelgate::catalog {

namespace {

using sqlite::Access;
using sqlite::Code;
using sqlite::Result;

/// How long `add` waits for other writers after it has copied gigabytes. A person waits for it.
constexpr std::chrono::milliseconds write_timeout{10'000};

/// How long `add` waits for other writers before it copies: a commit takes less.
constexpr std::chrono::milliseconds first_look_timeout{1000};

constexpr std::string_view schema =
#include "schema_sql.inc"
    ;

}  // namespace

Writer::Writer(std::filesystem::path database) : database_(std::move(database)) {
    const Result result = connection_.open(database_, Access::write, write_timeout);
    if (!result.is_ok()) fail(posix::operation_of("open-catalogue"), result);
}

void Writer::fail(std::string operation, Result result) {
    throw CatalogError{diagnose(std::move(operation), database_, connection_, result, Access::write)};
}

sqlite::Statement Writer::prepare(const char* sql) {
    sqlite::Statement statement;
    const Result result = statement.prepare(connection_, sql);
    if (!result.is_ok()) fail(posix::operation_of("prepare-statement"), result);
    return statement;
}

void Writer::execute(const char* sql) {
    const Result result = connection_.execute(sql);
    if (!result.is_ok()) fail(posix::operation_of("write-catalogue"), result);
}

void Writer::check() {
    connection_.set_busy_timeout(first_look_timeout);
    execute("BEGIN IMMEDIATE");
    execute("ROLLBACK");
    connection_.set_busy_timeout(write_timeout);
}

std::optional<std::string> Writer::status_of(std::string_view id) {
    sqlite::Statement statement = prepare("SELECT status FROM videos WHERE id = ?1");
    Result result = statement.bind(1, id);
    if (result.is_ok()) result = statement.step();
    if (result.code() == Code::row) return statement.column(0).value_or("");
    if (result.code() != Code::done) fail(posix::operation_of("look-up", id), result);
    return std::nullopt;
}

void Writer::insert(std::string_view id, std::string_view status) {
    // Takes the write lock first, so that a busy catalogue fails before the file gets its name.
    execute("BEGIN IMMEDIATE");
    sqlite::Statement statement = prepare("INSERT INTO videos (id, status) VALUES (?1, ?2)");
    Result result = statement.bind(1, id);
    if (result.is_ok()) result = statement.bind(2, status);
    if (result.is_ok()) result = statement.step();
    if (result.code() != Code::done) fail(posix::operation_of("record", id), result);
}

void Writer::commit() { execute("COMMIT"); }

void create(const std::filesystem::path& database) {
    struct stat status;
    const bool was_there = stat(database.c_str(), &status) == 0;
    sqlite::Connection connection;
    const auto check = [&](Result result) {
        if (result.is_ok()) return;
        posix::Failure failure = diagnose(posix::operation_of("create-catalogue"), database, connection, result,
                                          Access::create);
        connection.close();
        // SQLite creates the file before it notices a full disk.
        if (!was_there && stat(database.c_str(), &status) == 0 && status.st_size == 0) unlink(database.c_str());
        if (result.code() == Code::error)
            failure.add_remedy("another application's? --database names another file");
        throw CatalogError{std::move(failure)};
    };
    check(connection.open(database, Access::create, write_timeout));
    for (const std::string& sql : {std::string{schema},
                                   // Fails on a table of another shape, which IF NOT EXISTS leaves alone.
                                   std::string{"SELECT id, status, added_at FROM videos LIMIT 0"},
                                   // Lets an application write while viewers are served. Last: it changes the file.
                                   std::string{"PRAGMA journal_mode = WAL"}})
        check(connection.execute(sql.c_str()));
}

}  // namespace reelgate::catalog
