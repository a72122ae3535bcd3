// Owns the writing of the catalogue: creation, and new rows in the shipped schema.
// SPDX-License-Identifier: MIT
#include "catalog/writer.h"

#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <utility>

#include "catalog/diagnosis.h"
#include "catalog/own.h"

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
    std::int64_t id = 0;
    if (const Result read = connection_.read_number("PRAGMA application_id", id); !read.is_ok())
        fail(posix::operation_of("open-catalogue"), read);
    has_own_columns_ = id == own_application_id;
    // Fails on a table of another application.
    prepare(columns_of_0_1);
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
    sqlite::Statement statement = prepare(plain_query.data());
    Result result = statement.bind(1, id);
    if (result.is_ok()) result = statement.step();
    if (result.code() == Code::row) return statement.column(0).value_or("");
    if (result.code() != Code::done) fail(posix::operation_of("look-up", id), result);
    return std::nullopt;
}

std::map<std::string, std::optional<std::string>> Writer::files() {
    sqlite::Statement statement =
        prepare(has_own_columns_ ? "SELECT id, nullif(file, '') FROM videos" : "SELECT id, NULL FROM videos");
    std::map<std::string, std::optional<std::string>> files;
    Result result;
    while ((result = statement.step()).code() == Code::row)
        files.emplace(statement.column(0).value_or(""), statement.column(1));
    if (result.code() != Code::done) fail(posix::operation_of("list-videos"), result);
    return files;
}

Transaction Writer::begin() {
    // Takes the write lock first, so that a busy catalogue fails before a file gets its name.
    execute("BEGIN IMMEDIATE");
    return Transaction{connection_};
}

/// Binds the values to the parameters of a statement, in their order, and runs it.
void Writer::run(std::string operation, sqlite::Statement& statement,
                 std::initializer_list<std::optional<std::string_view>> values) {
    Result result;
    int parameter = 0;
    for (const auto& value : values)
        if (++parameter; value && result.is_ok()) result = statement.bind(parameter, *value);
    if (result.is_ok()) result = statement.step();
    if (result.code() != Code::done) fail(std::move(operation), result);
}

void Writer::check_columns(const NewVideo& video) const {
    if (video.needs_own_columns() && !has_own_columns_)
        posix::fail("record-no-columns", video.id, database_.native());
}

void Writer::insert(const NewVideo& video) {
    check_columns(video);
    const std::string operation = posix::operation_of("record", video.id);
    if (!has_own_columns_) {
        sqlite::Statement statement = prepare("INSERT INTO videos (id, status) VALUES (?1, ?2)");
        return run(operation, statement, {video.id, video.status});
    }
    sqlite::Statement statement =
        prepare("INSERT INTO videos (id, status, file, title, media_type) VALUES (?1, ?2, ?3, ?4, ?5)");
    run(operation, statement, {video.id, video.status, video.file, video.title, video.media_type});
}

void Writer::replace(const NewVideo& video) {
    check_columns(video);
    const std::string operation = posix::operation_of("record", video.id);
    if (!has_own_columns_) {
        sqlite::Statement statement = prepare("UPDATE videos SET status = ?2 WHERE id = ?1");
        run(operation, statement, {video.id, video.status});
        return refuse_if_gone(video.id);
    }
    sqlite::Statement statement = prepare("UPDATE videos SET status = ?2, file = ?3, title = coalesce(?4, title), "
                                          "media_type = ?5, etag = NULL WHERE id = ?1");
    run(operation, statement, {video.id, video.status, video.file, video.title, video.media_type});
    refuse_if_gone(video.id);
}

void Writer::refuse_if_gone(std::string_view id) const {
    if (connection_.changes() == 0) posix::fail("replace-gone", id);
}

void Writer::clear_tag(std::string_view id) {
    if (!has_own_columns_) return;
    sqlite::Statement statement = prepare("UPDATE videos SET etag = NULL WHERE id = ?1 AND etag IS NOT NULL");
    run(posix::operation_of("record", id), statement, {id});
}

bool Writer::remove(std::string_view id) {
    sqlite::Statement statement = prepare("DELETE FROM videos WHERE id = ?1");
    run(posix::operation_of("remove-row", id), statement, {id});
    return connection_.changes() > 0;
}

void Writer::commit() { execute("COMMIT"); }

namespace {

/// A catalogue that is being made or changed.
class Making {
public:
    explicit Making(const std::filesystem::path& database) : database_(database) {
        struct stat status;
        was_there_ = stat(database.c_str(), &status) == 0;
        check(connection_.open(database, Access::create, write_timeout));
    }

    void execute(const char* sql) { check(connection_.execute(sql)); }

    std::int64_t number(const char* sql) {
        std::int64_t number = 0;
        check(connection_.read_number(sql, number));
        return number;
    }

    /// Returns what the database is, by its mark and its columns. Throws if it lacks those of version 0.1.
    Shape shape() {
        execute(columns_of_0_1);
        return number("PRAGMA application_id") == own_application_id ? Shape::own : Shape::of_0_1;
    }

private:
    void check(Result result) {
        if (result.is_ok()) return;
        posix::Failure failure = diagnose(posix::operation_of("create-catalogue"), database_, connection_, result,
                                          Access::create);
        connection_.close();
        // SQLite creates the file before it notices a full disk.
        struct stat status;
        if (!was_there_ && stat(database_.c_str(), &status) == 0 && status.st_size == 0) unlink(database_.c_str());
        if (result.code() == Code::error)
            failure.add_remedy("another application's? --database names another file");
        throw CatalogError{std::move(failure)};
    }

    const std::filesystem::path& database_;
    bool was_there_ = false;
    sqlite::Connection connection_;
};

}  // namespace

Shape create(const std::filesystem::path& database) {
    Making making{database};
    making.execute("BEGIN IMMEDIATE");
    const bool is_empty = making.number("SELECT count(*) FROM sqlite_schema") == 0;
    if (is_empty) making.execute(std::string{schema}.c_str());
    // Fails on a table of another shape.
    const Shape shape = making.shape();
    making.execute("COMMIT");
    // Lets an application write while viewers are served. Last: it changes the file.
    making.execute("PRAGMA journal_mode = WAL");
    return shape;
}

Shape upgrade(const std::filesystem::path& database) {
    Making making{database};
    making.execute("BEGIN IMMEDIATE");
    const Shape before = making.shape();
    if (before == Shape::own) return before;
    if (making.number("PRAGMA application_id") != 0 ||
        making.number("SELECT count(*) FROM pragma_table_info('videos') "
                      "WHERE name IN ('file', 'title', 'media_type', 'etag')") != 0)
        throw CatalogError{posix::failure_of("upgrade-foreign", database.native())};
    for (const char* const sql :
         {"ALTER TABLE videos ADD COLUMN file TEXT", "ALTER TABLE videos ADD COLUMN title TEXT",
          "ALTER TABLE videos ADD COLUMN media_type TEXT", "ALTER TABLE videos ADD COLUMN etag TEXT",
          "PRAGMA user_version = 2"})
        making.execute(sql);
    making.execute(("PRAGMA application_id = " + std::to_string(own_application_id)).c_str());
    making.execute("COMMIT");
    return before;
}

}  // namespace reelgate::catalog
