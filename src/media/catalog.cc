// Owns the catalogue, an SQLite database that says which videos there are: the only file with <sqlite3.h>.
// SPDX-License-Identifier: MIT
#include "media/catalog.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <fstream>

#include "posix/error.h"

namespace reelgate::media {

namespace {

/// How long a reader waits for a lock before the client is told to come again: a writer's commit is over in that
/// time, and a thread is not held longer by a writer that hangs.
constexpr int read_timeout_ms = 250;

/// How long `add` waits for other writers: a person is waiting, and gigabytes have been copied.
constexpr int write_timeout_ms = 10'000;

/// How often the path is compared with the open file. A stat costs a microsecond; a restored catalogue may wait.
constexpr std::chrono::seconds look_interval{1};

constexpr std::string_view schema =
#include "schema_sql.inc"
    ;

bool may(const std::string& path, int mode) { return faccessat(AT_FDCWD, path.c_str(), mode, AT_EACCESS) == 0; }

bool exists(const std::string& path) { return faccessat(AT_FDCWD, path.c_str(), F_OK, AT_EACCESS) == 0; }

std::string user() { return "user id " + std::to_string(geteuid()); }

/// Tells whether the file's header says WAL: bytes 18 and 19 are 2 then (SQLite file format, section 1.3.1).
bool is_wal(const std::string& path) {
    std::array<char, 20> header{};
    std::ifstream file{path, std::ios::binary};
    return file.read(header.data(), header.size()) && header[18] == 2 && header[19] == 2;
}

/// Names who is to blame when SQLite cannot open: its own text is the same for all of them. Empty when nothing is
/// found that would explain it.
std::string explain_unopened(const std::filesystem::path& database) {
    const std::string path = database.native();
    const std::string folder = database.has_parent_path() ? database.parent_path().native() : ".";
    struct stat status;
    if (stat(path.c_str(), &status) != 0) {
        const std::string why = posix::cause(errno);
        if (errno != ENOENT) return path + ": " + why + " (a folder above it that " + user() + " may not search?)";
        return path + ": " + why + "; `reelgate init` makes a catalogue, --database names another";
    }
    if (S_ISDIR(status.st_mode)) return path + ": is a folder; --database names a file";
    if (!may(path, R_OK)) return path + ": " + user() + " may not read it";
    if (!is_wal(path)) return {};
    // A reader of a catalogue in WAL mode takes part in its shared memory.
    const std::string shm = path + "-shm", wal = path + "-wal";
    if (exists(wal) && !may(wal, R_OK)) return wal + ": " + user() + " may not read it";
    if (exists(shm) && !may(shm, R_OK | W_OK)) return shm + ": " + user() + " may not write it, as WAL mode needs";
    if (!exists(shm) && !may(folder, W_OK | X_OK))
        return folder + ": " + user() + " may not make " + shm + " there, as WAL mode needs; let it write the folder, "
                        "or take the catalogue out of WAL mode (PRAGMA journal_mode = DELETE)";
    return {};
}

std::string explain(const std::filesystem::path& database, sqlite3* connection, int code) {
    switch (code & 0xff) {
        case SQLITE_BUSY:
        case SQLITE_LOCKED: return database.native() + ": locked by a writer for longer than reelgate waits";
        case SQLITE_NOTADB: return database.native() + ": not an SQLite database; restore it or name another";
        case SQLITE_CORRUPT: return database.native() + ": corrupt; restore it, or see `sqlite3 FILE .recover`";
        default: break;
    }
    std::string why = explain_unopened(database);
    if (!why.empty()) return why;
    const char* text = connection ? sqlite3_errmsg(connection) : sqlite3_errstr(code);
    return database.native() + ": " + text;
}

/// Opens an existing database; `connection` is set even on failure, since it holds the error's text then.
int open_connection(const std::filesystem::path& database, int flags, int timeout_ms, Connection& connection) {
    sqlite3* raw = nullptr;
    // One connection is one thread's, so SQLite needs no mutex for it.
    flags |= SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    // Absolute, so that ":memory:" and "file:..." are names of files like any other.
    const int code = sqlite3_open_v2(std::filesystem::absolute(database).c_str(), &raw, flags, nullptr);
    connection.reset(raw);
    if (code == SQLITE_OK) {
        sqlite3_busy_timeout(raw, timeout_ms);
        // The file belongs to others: its schema shall not call functions with side effects.
        sqlite3_db_config(raw, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    }
    return code;
}

std::string text_column(sqlite3_stmt* statement, int column) {
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
    if (!text) return {};
    return {text, static_cast<std::size_t>(sqlite3_column_bytes(statement, column))};
}

/// Finds a result column by its name; -1 when there is none, or no statement.
int column_named(sqlite3_stmt* statement, std::string_view name) {
    if (!statement) return -1;
    for (int i = 0; i < sqlite3_column_count(statement); ++i)
        if (name == sqlite3_column_name(statement, i)) return i;
    return -1;
}

/// A column that may not be there. Nothing in it means the same as NULL: applications write either.
std::optional<std::string> optional_column(sqlite3_stmt* statement, int column) {
    if (column < 0) return std::nullopt;
    std::string text = text_column(statement, column);
    if (text.empty()) return std::nullopt;
    return text;
}

void bind_text(sqlite3_stmt* statement, int parameter, std::string_view text) {
    // The caller's text outlives the step: no copy.
    sqlite3_bind_text(statement, parameter, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
}

/// Gives a statement back its first state at the end of a scope, so that its read lock never outlives the row.
struct ResetAtEnd {
    sqlite3_stmt* statement;
    ~ResetAtEnd() {
        sqlite3_reset(statement);
        sqlite3_clear_bindings(statement);
    }
};

}  // namespace

void CloseConnection::operator()(sqlite3* connection) const { sqlite3_close(connection); }

void FinalizeStatement::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Catalog::Catalog(std::filesystem::path database, std::string query)
    : database_(std::move(database)), query_(std::move(query)) {}

void Catalog::fail(const std::string& operation, int code) {
    const std::string why = explain(database_, connection_.get(), code);
    // Whatever it was may be mended behind the same path: begin anew next time. A lock is no reason to.
    if ((code & 0xff) != SQLITE_BUSY) close();
    throw CatalogError{operation + ": " + why};
}

void Catalog::close() {
    statement_.reset();
    connection_.reset();
}

void Catalog::find_columns() {
    sqlite3_stmt* statement = statement_.get();
    columns_ = {column_named(statement, "status"), column_named(statement, "file"),
                column_named(statement, "media_type"), column_named(statement, "etag")};
}

void Catalog::open() {
    close();
    struct stat status {};
    stat(database_.c_str(), &status);
    device_ = status.st_dev;
    inode_ = status.st_ino;
    looked_ = std::chrono::steady_clock::now();

    int code = open_connection(database_, SQLITE_OPEN_READONLY, read_timeout_ms, connection_);
    if (code == SQLITE_OK) code = sqlite3_exec(connection_.get(), "PRAGMA query_only = 1", nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) fail("open catalogue", code);

    sqlite3_stmt* raw = nullptr;
    const char* tail = nullptr;
    code = sqlite3_prepare_v3(connection_.get(), query_.c_str(), -1, SQLITE_PREPARE_PERSISTENT, &raw, &tail);
    statement_.reset(raw);
    if (code != SQLITE_OK) fail("prepare query", code);

    find_columns();
    const bool is_one = raw && std::string_view{tail}.find_first_not_of(" \t\r\n;") == std::string_view::npos;
    const char* wrong = !is_one                                     ? "is not one statement"
                        : !sqlite3_stmt_readonly(raw)               ? "does not only read"
                        : sqlite3_bind_parameter_count(raw) != 1    ? "does not have one parameter, the id, as ?1"
                        : columns_.status < 0                       ? "has no result column named status"
                                                                    : nullptr;
    if (wrong) {
        close();
        throw CatalogError{"prepare query: \"" + query_ + "\": " + wrong + "; see --query"};
    }
}

void Catalog::reopen_if_replaced() {
    const auto now = std::chrono::steady_clock::now();
    if (now - looked_ < look_interval) return;
    looked_ = now;
    struct stat status;
    if (stat(database_.c_str(), &status) != 0 || status.st_dev != device_ || status.st_ino != inode_) close();
}

std::optional<VideoRow> Catalog::find(std::string_view id) {
    if (statement_) reopen_if_replaced();
    if (!statement_) open();
    sqlite3_stmt* statement = statement_.get();
    bind_text(statement, 1, id);
    const int code = sqlite3_step(statement);
    // After a change of the schema SQLite prepares anew by itself; "SELECT *" then has its columns elsewhere.
    if (sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_REPREPARE, 1) > 0) {
        find_columns();
        if (columns_.status < 0) {
            close();
            throw CatalogError{"look up " + std::string{id} + ": " + database_.native() +
                               ": the query has no result column named status any more; see --query"};
        }
    }
    if (code == SQLITE_ROW) {
        const ResetAtEnd reset{statement};
        return VideoRow{text_column(statement, columns_.status), optional_column(statement, columns_.file),
                        optional_column(statement, columns_.media_type), optional_column(statement, columns_.etag)};
    }
    sqlite3_reset(statement);
    if (code == SQLITE_DONE) return std::nullopt;
    fail("look up " + std::string{id}, code);
}

void Catalog::check() {
    try {
        open();
    } catch (const CatalogError&) {
        if (!connection_) throw;
        close();
    }
}

CatalogWriter::CatalogWriter(std::filesystem::path database) : database_(std::move(database)) {
    if (open_connection(database_, SQLITE_OPEN_READWRITE, write_timeout_ms, connection_) != SQLITE_OK)
        fail("open catalogue");
}

void CatalogWriter::fail(const std::string& operation) {
    const int code = sqlite3_extended_errcode(connection_.get());
    if ((code & 0xff) == SQLITE_READONLY)
        throw CatalogError{operation + ": " + database_.native() + ": " + user() + " may not write it"};
    throw CatalogError{operation + ": " + explain(database_, connection_.get(), code)};
}

Statement CatalogWriter::prepare(const char* sql) {
    sqlite3_stmt* raw = nullptr;
    if (sqlite3_prepare_v2(connection_.get(), sql, -1, &raw, nullptr) != SQLITE_OK) fail("prepare statement");
    return Statement{raw};
}

void CatalogWriter::execute(const char* sql) {
    if (sqlite3_exec(connection_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) fail(sql);
}

std::optional<std::string> CatalogWriter::status_of(std::string_view id) {
    const Statement statement = prepare("SELECT status FROM videos WHERE id = ?1");
    bind_text(statement.get(), 1, id);
    const int code = sqlite3_step(statement.get());
    if (code == SQLITE_ROW) return text_column(statement.get(), 0);
    if (code != SQLITE_DONE) fail("look up " + std::string{id});
    return std::nullopt;
}

void CatalogWriter::insert(std::string_view id, std::string_view status) {
    // The write lock first: a busy catalogue is found out before the file gets its name, not after.
    execute("BEGIN IMMEDIATE");
    const Statement statement = prepare("INSERT INTO videos (id, status) VALUES (?1, ?2)");
    bind_text(statement.get(), 1, id);
    bind_text(statement.get(), 2, status);
    if (sqlite3_step(statement.get()) != SQLITE_DONE) fail("record " + std::string{id});
}

void CatalogWriter::commit() { execute("COMMIT"); }

void create_catalog(const std::filesystem::path& database) {
    Connection connection;
    const auto check = [&](int code) {
        if (code != SQLITE_OK) throw CatalogError{"create catalogue: " + explain(database, connection.get(), code)};
    };
    check(open_connection(database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, write_timeout_ms, connection));
    for (const std::string& sql : {std::string{schema},
                                   // Fails on a table of another shape, which IF NOT EXISTS lets stand.
                                   std::string{"SELECT id, status, added_at FROM videos LIMIT 0"},
                                   // Lets an application write while viewers are served. Last: it changes the file.
                                   std::string{"PRAGMA journal_mode = WAL"}})
        check(sqlite3_exec(connection.get(), sql.c_str(), nullptr, nullptr, nullptr));
}

std::vector<std::string> list_ids(const std::filesystem::path& database, const std::string& list) {
    Connection connection;
    const auto fail = [&](const char* operation, int code) {
        const char* remedy = (code & 0xff) == SQLITE_ERROR ? "; give the SQL that lists all ids with --list" : "";
        throw CatalogError{operation + (": " + explain(database, connection.get(), code)) + remedy};
    };
    int code = open_connection(database, SQLITE_OPEN_READONLY, write_timeout_ms, connection);
    if (code != SQLITE_OK) fail("open catalogue", code);
    sqlite3_stmt* raw = nullptr;
    const char* tail = nullptr;
    code = sqlite3_prepare_v2(connection.get(), list.c_str(), -1, &raw, &tail);
    const Statement statement{raw};
    if (code != SQLITE_OK) fail("list videos", code);

    const bool is_one = raw && std::string_view{tail}.find_first_not_of(" \t\r\n;") == std::string_view::npos;
    const char* wrong = !is_one                                  ? "is not one statement"
                        : !sqlite3_stmt_readonly(raw)            ? "does not only read"
                        : sqlite3_bind_parameter_count(raw) != 0 ? "has a parameter"
                        : sqlite3_column_count(raw) != 1         ? "does not have one result column, the id"
                                                                 : nullptr;
    if (wrong) throw CatalogError{"list videos: \"" + list + "\": " + wrong + "; see --list"};
    std::vector<std::string> ids;
    while ((code = sqlite3_step(raw)) == SQLITE_ROW) ids.push_back(text_column(raw, 0));
    if (code != SQLITE_DONE) fail("list videos", code);
    return ids;
}

bool uses_wal(const std::filesystem::path& database) { return is_wal(database); }

std::string_view sqlite_version() { return sqlite3_libversion(); }

}  // namespace reelgate::media
