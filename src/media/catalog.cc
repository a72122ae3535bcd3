// Owns the catalogue, the SQLite database of all videos: the only file that includes <sqlite3.h>.
// SPDX-License-Identifier: MIT
#include "media/catalog.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <array>
#include <new>
#include <set>
#include <utility>

#include "posix/access.h"
#include "posix/error.h"
#include "posix/locks.h"
#include "posix/mounts.h"
#include "posix/shell.h"

namespace reelgate::media {

namespace {

/// How long `add` waits for other writers after it has copied gigabytes. A person waits for it.
constexpr std::chrono::milliseconds write_timeout{10'000};

/// How long `add` waits for other writers before it copies: a commit takes less.
constexpr std::chrono::milliseconds first_look_timeout{1000};

/// Interval between checks that the path still leads to the open file. A stat costs a microsecond; a restored catalogue
/// may wait.
constexpr std::chrono::seconds look_interval{1};

/// Instructions of SQLite's machine between two looks at the clock: a look-up has a few dozen.
constexpr int instructions_between_looks = 10'000;

constexpr std::string_view schema =
#include "schema_sql.inc"
    ;

/// Limit on the characters of the list of tables in a message.
constexpr std::size_t most_of_tables = 600;

enum class Use { read, write, create };

/// Returns a column as text; empty for NULL. Throws std::bad_alloc if SQLite has no memory for the text, which must not
/// count as empty.
std::string text_column(sqlite3_stmt* statement, int column) {
    if (sqlite3_column_type(statement, column) == SQLITE_NULL) return {};
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
    if (!text) throw std::bad_alloc{};
    return {text, static_cast<std::size_t>(sqlite3_column_bytes(statement, column))};
}

std::filesystem::path folder_of(const std::filesystem::path& database) {
    return database.has_parent_path() ? database.parent_path() : ".";
}

/// Returns whether the file's header says WAL: bytes 18 and 19 are 2 (SQLite file format, section 1.3.1). Reads it
/// through SQLite's own descriptor: opening the file again and closing it would release all locks that this process has
/// on it, including those of other threads.
bool is_wal(sqlite3* connection) {
    std::array<char, 20> header{};
    sqlite3_file* file = nullptr;
    if (!connection || sqlite3_file_control(connection, "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK ||
        !file || !file->pMethods)
        return false;
    return file->pMethods->xRead(file, header.data(), header.size(), 0) == SQLITE_OK && header[18] == 2 &&
           header[19] == 2;
}

/// Explains obstacles other than the file itself: in WAL mode a reader uses its shared memory.
std::string explain_companions(const std::filesystem::path& database, bool is_wal, Use use) {
    const std::string shm = database.native() + "-shm", wal = database.native() + "-wal";
    const int log_right = use == Use::read ? R_OK : R_OK | W_OK;
    struct stat status;
    std::string why;
    if (stat(wal.c_str(), &status) == 0) why = posix::obstacle(wal, log_right);
    if (!why.empty()) return why;
    const bool has_shm = stat(shm.c_str(), &status) == 0;
    why = has_shm ? posix::obstacle(shm, R_OK | W_OK) : posix::obstacle(folder_of(database), W_OK | X_OK);
    if (why.empty()) return {};
    if (!is_wal) return why + ", for the journal of a change";
    return why + ", as WAL mode needs " + shm + " even to read; or take the catalogue out of WAL mode: `sqlite3 " +
           posix::shell_word(database) + " 'PRAGMA journal_mode = DELETE'`";
}

/// Explains why there is nothing at the path, from the `error` of stat.
std::string explain_missing(const std::filesystem::path& database, int error, Use use) {
    if (use != Use::create || error == ENOTDIR) {
        const std::string why = posix::obstacle(database, F_OK);
        return error == ENOENT ? why + "; `reelgate init` makes a catalogue, --database names another" : why;
    }
    const std::filesystem::path folder = folder_of(database);
    std::string why = posix::obstacle(folder, W_OK | X_OK);
    if (error == ENOENT && access(folder.c_str(), F_OK) != 0)
        why.append("; make it: `mkdir -p ").append(posix::shell_word(folder)).append("`");
    return why;
}

/// Explains a file next to the database that has the name of one of SQLite's, but is not a regular file: open_file
/// refuses it.
std::string explain_impostor(const std::filesystem::path& database) {
    struct stat status;
    for (const char* const ending : {"-journal", "-wal", "-shm"}) {
        const std::string path = database.native() + ending;
        if (stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode))
            return path + ": is not a regular file, and SQLite needs the name; remove it: `rm " +
                   (S_ISDIR(status.st_mode) ? "-r " : "") + posix::shell_word(path) + "`";
    }
    return {};
}

/// Explains why SQLite cannot open the database: its own text is the same for every reason. Empty if none is found.
std::string explain_unopened(const std::filesystem::path& database, sqlite3* connection, Use use) {
    struct stat status;
    if (stat(database.c_str(), &status) != 0) return explain_missing(database, errno, use);
    if (S_ISDIR(status.st_mode)) return "is a folder; --database names a file";
    if (!S_ISREG(status.st_mode)) return "is not a regular file; --database names one";
    std::string why = posix::obstacle(database, use == Use::read ? R_OK : R_OK | W_OK);
    if (!why.empty()) return why;
    const bool wal = is_wal(connection);
    return wal || use != Use::read ? explain_companions(database, wal, use) : std::string{};
}

/// Names the process that has the catalogue locked. In WAL mode the locks are on the shared memory.
std::string explain_lock(const std::filesystem::path& database) {
    auto holder = posix::lock_holder(database);
    const auto other = posix::lock_holder(database.native() + "-shm");
    if (other && (!holder || (other->is_writer && !holder->is_writer))) holder = other;
    const std::string waits = " for longer than reelgate waits";
    if (!holder)
        return "locked by a writer" + waits + "; `fuser -v " + posix::shell_word(database) + "` shows who has it open";
    const std::string id = std::to_string(holder->process);
    return std::string{"locked by a "} + (holder->is_writer ? "writer" : "reader") + ", process " + id + " (" +
           holder->name + ")," + waits + "; it is free when that commits, or ends: `kill " + id + "`";
}

std::string explain_full(const std::filesystem::path& database) {
    const std::string folder = posix::shell_word(folder_of(database));
    return "no space left on its file system, and WAL mode needs room for " + database.native() +
           "-shm even to read; free some: `df -h " + folder + "` shows how much there is";
}

bool is_full(const std::filesystem::path& database) {
    struct statvfs space;
    return statvfs(folder_of(database).c_str(), &space) == 0 &&
           (space.f_bavail == 0 || (space.f_files > 0 && space.f_favail == 0));
}

std::string explain_descriptors(int error) {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    if (error == ENFILE) return posix::cause(error) + ": the whole machine's limit; `sysctl fs.file-max` shows it";
    return posix::cause(error) + ": all " + std::to_string(limit.rlim_cur) + " that this process may have are in use; "
           "raise the limit (`ulimit -n`, LimitNOFILE= of systemd), or lower --max-viewers";
}

/// Returns SQLite's own text, and for a missing table or column, those that exist.
std::string explain_query(const std::filesystem::path& database, sqlite3* connection) {
    std::string text = sqlite3_errmsg(connection);
    struct stat status;
    if (!text.starts_with("no such ")) return text;
    if (stat(database.c_str(), &status) == 0 && status.st_size == 0)
        return text + "; the file is empty (0 bytes): `reelgate init` makes a catalogue of it";
    sqlite3_stmt* raw = nullptr;
    sqlite3_prepare_v2(connection,
                       "SELECT group_concat(name || ' (' || columns || ')', ', ') FROM (SELECT name, (SELECT "
                       "group_concat(name, ', ') FROM pragma_table_info(m.name)) AS columns FROM sqlite_schema AS m "
                       "WHERE type IN ('table', 'view') AND name NOT GLOB 'sqlite_*' ORDER BY name)",
                       -1, &raw, nullptr);
    const Statement statement{raw};
    if (sqlite3_step(raw) != SQLITE_ROW) return text;
    std::string tables = text_column(raw, 0);
    if (tables.empty()) return text + "; it has no table at all";
    if (tables.size() > most_of_tables) tables = tables.substr(0, most_of_tables) + " ...";
    return text + "; its tables: " + tables;
}

/// Explains a failure that the file, its folder or the disk may cause.
std::string explain_files(const std::filesystem::path& database, sqlite3* connection, int code, Use use) {
    const int error = connection ? sqlite3_system_errno(connection) : 0;
    if (error == EMFILE || error == ENFILE) return explain_descriptors(error);
    if ((code & 0xff) == SQLITE_FULL || error == ENOSPC || error == EDQUOT || is_full(database))
        return explain_full(database);
    std::string why = explain_impostor(database);
    if (why.empty()) why = explain_unopened(database, connection, use);
    if (why.empty() && (code & 0xff) == SQLITE_IOERR)
        why = std::string{sqlite3_errstr(code)} + (error ? ": " + posix::cause(error) : "") +
              "; `dmesg` says more of the disk";
    if (why.empty() && (code & 0xff) == SQLITE_READONLY)
        why = "a writer ended in the middle of a change, which somebody who may write has to undo: `sqlite3 " +
              posix::shell_word(database) + " 'PRAGMA quick_check'`";
    return why.empty() ? sqlite3_errstr(code) : why;
}

std::string explain_code(const std::filesystem::path& database, sqlite3* connection, int code, Use use) {
    switch (code & 0xff) {
        case SQLITE_BUSY:
        case SQLITE_LOCKED: return explain_lock(database);
        case SQLITE_INTERRUPT:
            return "took longer than " + std::to_string(std::chrono::floor<std::chrono::seconds>(max_look_up).count()) +
                   " s and was given up; `EXPLAIN QUERY PLAN` in sqlite3 shows whether an index is missing";
        case SQLITE_NOTADB:
            return "not an SQLite database, or an encrypted one; restore it, or name another with --database";
        case SQLITE_CORRUPT:
            return "corrupt; restore it, or rescue what is left: `sqlite3 " + posix::shell_word(database) +
                   " .recover | sqlite3 " + posix::shell_word(database.native() + ".rescued") + "`";
        case SQLITE_CANTOPEN:
        case SQLITE_PERM:
        case SQLITE_READONLY:
        case SQLITE_FULL:
        case SQLITE_IOERR: return explain_files(database, connection, code, use);
        default: return connection ? explain_query(database, connection) : sqlite3_errstr(code);
    }
}

std::string network_warning(const std::filesystem::path& database) {
    const std::string type = posix::network_file_system_of(database);
    if (type.empty()) return {};
    return "lies on " + type + ", a network file system: SQLite's WAL mode does not work there, and its locks may not; "
           "keep the catalogue on a local disk (--database), the videos may stay";
}

/// Explains what is wrong, beginning with the path of the catalogue.
std::string explain(const std::filesystem::path& database, sqlite3* connection, int code, Use use) {
    const std::string path = database.native() + ": ";
    const std::string why = explain_code(database, connection, code, use);
    const std::string warning = network_warning(database);
    return (why.starts_with(path) ? why : path + why) + (warning.empty() ? "" : "; the file " + warning);
}

/// Opens files for SQLite, in place of open(2). Opening a FIFO would block until it has a writer, and with it every
/// thread that looks something up: so this opens only files that SQLite can use. It never closes a regular file: that
/// would release all locks that this process has on it.
int open_file(const char* path, int flags, int mode) {
    const int fd = ::open(path, flags | O_NONBLOCK | O_NOCTTY, mode);
    struct stat status;
    if (fd < 0 || fstat(fd, &status) != 0 || S_ISREG(status.st_mode) || S_ISDIR(status.st_mode) ||
        std::string_view{path} == "/dev/urandom" || std::string_view{path} == "/dev/null")
        return fd;
    ::close(fd);
    errno = ENXIO;
    return -1;
}

/// Makes SQLite open all files with open_file.
bool guard_opening() {
    sqlite3_vfs* const vfs = sqlite3_vfs_find(nullptr);
    return vfs && vfs->iVersion >= 3 &&
           vfs->xSetSystemCall(vfs, "open", reinterpret_cast<sqlite3_syscall_ptr>(open_file)) == SQLITE_OK;
}

/// Opens an existing database. Sets `connection` even on failure, since it holds the error's text then.
int open_connection(const std::filesystem::path& database, int flags, std::chrono::milliseconds timeout,
                    Connection& connection) {
    static const bool is_guarded = guard_opening();
    struct stat status;
    if (!is_guarded || (stat(database.c_str(), &status) == 0 && !S_ISREG(status.st_mode))) return SQLITE_CANTOPEN;
    sqlite3* raw = nullptr;
    // Only one thread uses a connection, so SQLite needs no mutex for it.
    flags |= SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    // Absolute, so that ":memory:" and "file:..." are ordinary names of files.
    const int code = sqlite3_open_v2(std::filesystem::absolute(database).c_str(), &raw, flags, nullptr);
    connection.reset(raw);
    if (code == SQLITE_OK) {
        sqlite3_busy_timeout(raw, static_cast<int>(timeout.count()));
        // The file belongs to others: its schema must not call functions with side effects.
        sqlite3_db_config(raw, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    }
    return code;
}

/// Returns what is wrong with SQL that must be a single statement and only read; null if nothing is. `tail` is the part
/// that SQLite has not read.
const char* excess_of(sqlite3_stmt* statement, std::string_view tail) {
    if (!statement || tail.find_first_not_of(" \t\r\n;") != std::string_view::npos) return "is not one statement";
    return sqlite3_stmt_readonly(statement) ? nullptr : "does not only read";
}

/// Returns an optional column. An empty text means the same as NULL: applications write either.
std::optional<std::string> optional_column(sqlite3_stmt* statement, int column) {
    if (column < 0) return std::nullopt;
    std::string text = text_column(statement, column);
    if (text.empty()) return std::nullopt;
    return text;
}

/// Binds a parameter. Returns SQLite's code: after a failure the parameter still has the value of the last look-up.
[[nodiscard]] int bind_text(sqlite3_stmt* statement, int parameter, std::string_view text) {
    // The caller's text outlives the step: no copy.
    return sqlite3_bind_text64(statement, parameter, text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8);
}

/// Resets a statement at the end of a scope, unless it was finalised meanwhile, so that its read lock and its parameter
/// end with the row, even after an exception.
struct ResetAtEnd {
    const Statement& statement;
    ~ResetAtEnd() {
        if (!statement) return;
        sqlite3_reset(statement.get());
        sqlite3_clear_bindings(statement.get());
    }
};

/// All catalogues of this process. To close another's connection, lock this mutex first, then that catalogue's own.
struct OpenCatalogs {
    std::mutex mutex;
    std::set<Catalog*> catalogs;
};

OpenCatalogs& open_catalogs() {
    static OpenCatalogs all;
    return all;
}

/// Makes SQLite interrupt a statement that runs past `latest`, which must outlive the connection.
void limit_time(sqlite3* connection, std::chrono::steady_clock::time_point& latest) {
    using Clock = std::chrono::steady_clock;
    const auto is_late = [](void* point) { return Clock::now() > *static_cast<Clock::time_point*>(point) ? 1 : 0; };
    sqlite3_progress_handler(connection, instructions_between_looks, is_late, &latest);
}

}  // namespace

void CloseConnection::operator()(sqlite3* connection) const { sqlite3_close(connection); }

void FinalizeStatement::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Catalog::Catalog(std::filesystem::path database, std::string query)
    : database_(std::move(database)), query_(std::move(query)) {
    const std::lock_guard lock{open_catalogs().mutex};
    open_catalogs().catalogs.insert(this);
}

Catalog::~Catalog() {
    const std::lock_guard lock{open_catalogs().mutex};
    open_catalogs().catalogs.erase(this);
}

std::chrono::milliseconds Catalog::waiting_time() const {
    return patience_.when_locked == WhenLocked::wait ? lock_patience : std::chrono::milliseconds{0};
}

void Catalog::fail(std::string_view operation, std::string_view object, int code) {
    if ((code & 0xff) == SQLITE_BUSY && patience_.when_locked == WhenLocked::come_again) throw CatalogBusy{};
    // The cause may be repaired at the same path: reopen next time, even without memory for the message. A lock is no
    // reason to reopen.
    Connection failed;
    if ((code & 0xff) != SQLITE_BUSY) {
        statement_.reset();
        failed.swap(connection_);
    }
    std::string why = explain(database_, failed ? failed.get() : connection_.get(), code, Use::read);
    if ((code & 0xff) == SQLITE_ERROR || (code & 0xff) == SQLITE_INTERRUPT)
        why.append("; the query is \"").append(query_).append("\", see --query");
    throw CatalogError{std::string{operation}.append(object).append(": ").append(why)};
}

void Catalog::close() {
    statement_.reset();
    connection_.reset();
}

/// Finds the result columns. Returns false if SQLite has no memory for their names: that must not count as a missing
/// column.
bool Catalog::find_columns() {
    columns_ = {};
    sqlite3_stmt* statement = statement_.get();
    // From the last to the first, so that the first of two with one name counts.
    for (int i = sqlite3_column_count(statement) - 1; i >= 0; --i) {
        const char* const text = sqlite3_column_name(statement, i);
        if (!text) return false;
        const std::string_view name{text};
        if (name == "status") columns_.status = i;
        if (name == "file") columns_.file = i;
        if (name == "media_type") columns_.media_type = i;
        if (name == "etag") columns_.etag = i;
    }
    return true;
}

Catalog::FileId Catalog::id_of(const std::filesystem::path& path) {
    struct stat status;
    if (stat(path.c_str(), &status) != 0) return {};
    return {status.st_dev, status.st_ino};
}

void Catalog::open() {
    close();
    file_ = id_of(database_);
    shared_memory_ = {};
    looked_ = std::chrono::steady_clock::now();
    latest_ = looked_ + max_look_up;

    int code = open_connection(database_, SQLITE_OPEN_READONLY, waiting_time(), connection_);
    if (code == SQLITE_OK) code = sqlite3_exec(connection_.get(), "PRAGMA query_only = 1", nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) fail("open catalogue", {}, code);
    limit_time(connection_.get(), latest_);

    sqlite3_stmt* raw = nullptr;
    const char* tail = nullptr;
    code = sqlite3_prepare_v3(connection_.get(), query_.c_str(), -1, SQLITE_PREPARE_PERSISTENT, &raw, &tail);
    statement_.reset(raw);
    if (code != SQLITE_OK) fail("prepare query", {}, code);

    if (!find_columns()) fail("prepare query", {}, SQLITE_NOMEM);
    const char* wrong = excess_of(raw, tail);
    if (!wrong && sqlite3_bind_parameter_count(raw) != 1) wrong = "does not have one parameter, the id, as ?1";
    if (!wrong && columns_.status < 0) wrong = "has no result column named status";
    if (wrong) {
        close();
        throw CatalogError{"prepare query: \"" + query_ + "\": " + wrong + "; see --query"};
    }
    // Preparing has read the schema: in WAL mode the shared memory exists by now.
    shared_memory_ = id_of(database_.native() + "-shm");
}

/// Returns whether the catalogue must be reopened; checks once a second at most. Without its -shm SQLite would silently
/// miss all that others write.
bool Catalog::is_replaced() {
    const auto now = std::chrono::steady_clock::now();
    if (file_ == FileId{} || now - looked_ < look_interval) return false;
    looked_ = now;
    if (id_of(database_) != file_) return true;
    const FileId shared_memory = id_of(database_.native() + "-shm");
    if (shared_memory_ == FileId{}) shared_memory_ = shared_memory;  // it may have come with a change to WAL mode
    return shared_memory != shared_memory_;
}

/// Closes the connections of all threads: while one of them is open, SQLite gives its shared memory to each new
/// connection, even if the file of it is gone.
void Catalog::close_all() {
    const std::lock_guard lock{open_catalogs().mutex};
    for (Catalog* catalog : open_catalogs().catalogs) {
        const std::lock_guard its_lock{catalog->mutex_};
        catalog->close();
    }
}

std::optional<VideoRow> Catalog::find(std::string_view id, Patience patience) {
    if (is_replaced()) close_all();
    const std::lock_guard lock{mutex_};
    latest_ = std::chrono::steady_clock::now() + max_look_up;
    if (std::exchange(patience_, patience).when_locked != patience.when_locked && connection_)
        sqlite3_busy_timeout(connection_.get(), static_cast<int>(waiting_time().count()));
    if (!statement_) open();
    const ResetAtEnd reset{statement_};
    sqlite3_stmt* statement = statement_.get();
    int code = bind_text(statement, 1, id);
    if (code == SQLITE_OK) code = sqlite3_step(statement);
    // After a change of the schema SQLite prepares the query again by itself; "SELECT *" may then have other columns.
    if (sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_REPREPARE, 1) > 0) {
        if (!find_columns()) fail("look up ", id, SQLITE_NOMEM);
        if (columns_.status < 0) {
            close();
            throw CatalogError{"look up " + std::string{id} + ": " + database_.native() +
                               ": the query has no result column named status any more; see --query"};
        }
    }
    if (code == SQLITE_DONE) return std::nullopt;
    if (code != SQLITE_ROW) fail("look up ", id, code);
    try {
        return VideoRow{text_column(statement, columns_.status), optional_column(statement, columns_.file),
                        optional_column(statement, columns_.media_type), optional_column(statement, columns_.etag)};
    } catch (const std::bad_alloc&) {
        fail("look up ", id, SQLITE_NOMEM);
    }
}

std::string Catalog::warning() const {
    const std::string warning = network_warning(database_);
    return warning.empty() ? warning : "catalogue: " + database_.native() + ": " + warning;
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
    const int code = open_connection(database_, SQLITE_OPEN_READWRITE, write_timeout, connection_);
    if (code != SQLITE_OK) fail("open catalogue", code);
}

void CatalogWriter::fail(const std::string& operation) {
    fail(operation, sqlite3_extended_errcode(connection_.get()));
}

void CatalogWriter::fail(const std::string& operation, int code) {
    throw CatalogError{operation + ": " + explain(database_, connection_.get(), code, Use::write)};
}

Statement CatalogWriter::prepare(const char* sql) {
    sqlite3_stmt* raw = nullptr;
    if (sqlite3_prepare_v2(connection_.get(), sql, -1, &raw, nullptr) != SQLITE_OK) fail("prepare statement");
    return Statement{raw};
}

void CatalogWriter::execute(const char* sql) {
    if (sqlite3_exec(connection_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) fail("write catalogue");
}

void CatalogWriter::check() {
    sqlite3_busy_timeout(connection_.get(), first_look_timeout.count());
    execute("BEGIN IMMEDIATE");
    execute("ROLLBACK");
    sqlite3_busy_timeout(connection_.get(), write_timeout.count());
}

std::optional<std::string> CatalogWriter::status_of(std::string_view id) {
    const Statement statement = prepare("SELECT status FROM videos WHERE id = ?1");
    int code = bind_text(statement.get(), 1, id);
    if (code == SQLITE_OK) code = sqlite3_step(statement.get());
    if (code == SQLITE_ROW) return text_column(statement.get(), 0);
    if (code != SQLITE_DONE) fail("look up " + std::string{id});
    return std::nullopt;
}

void CatalogWriter::insert(std::string_view id, std::string_view status) {
    // Takes the write lock first, so that a busy catalogue fails before the file gets its name.
    execute("BEGIN IMMEDIATE");
    const Statement statement = prepare("INSERT INTO videos (id, status) VALUES (?1, ?2)");
    if (bind_text(statement.get(), 1, id) != SQLITE_OK || bind_text(statement.get(), 2, status) != SQLITE_OK ||
        sqlite3_step(statement.get()) != SQLITE_DONE)
        fail("record " + std::string{id});
}

void CatalogWriter::commit() { execute("COMMIT"); }

void create_catalog(const std::filesystem::path& database) {
    struct stat status;
    const bool was_there = stat(database.c_str(), &status) == 0;
    Connection connection;
    const auto check = [&](int code) {
        if (code == SQLITE_OK) return;
        const std::string why = explain(database, connection.get(), code, Use::create);
        connection.reset();
        // SQLite creates the file before it notices a full disk.
        if (!was_there && stat(database.c_str(), &status) == 0 && status.st_size == 0) unlink(database.c_str());
        const bool is_foreign = (code & 0xff) == SQLITE_ERROR;
        throw CatalogError{"create catalogue: " + why +
                           (is_foreign ? "; another application's? --database names another file" : "")};
    };
    check(open_connection(database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, write_timeout, connection));
    for (const std::string& sql : {std::string{schema},
                                   // Fails on a table of another shape, which IF NOT EXISTS leaves alone.
                                   std::string{"SELECT id, status, added_at FROM videos LIMIT 0"},
                                   // Lets an application write while viewers are served. Last: it changes the file.
                                   std::string{"PRAGMA journal_mode = WAL"}})
        check(sqlite3_exec(connection.get(), sql.c_str(), nullptr, nullptr, nullptr));
}

std::vector<std::string> list_ids(const std::filesystem::path& database, const std::string& list) {
    Connection connection;
    const auto fail = [&](const char* operation, int code) {
        const char* remedy = (code & 0xff) == SQLITE_ERROR ? "; give the SQL that lists all ids with --list" : "";
        throw CatalogError{operation + (": " + explain(database, connection.get(), code, Use::read)) + remedy};
    };
    int code = open_connection(database, SQLITE_OPEN_READONLY, write_timeout, connection);
    if (code != SQLITE_OK) fail("open catalogue", code);
    sqlite3_stmt* raw = nullptr;
    const char* tail = nullptr;
    code = sqlite3_prepare_v2(connection.get(), list.c_str(), -1, &raw, &tail);
    const Statement statement{raw};
    if (code != SQLITE_OK) fail("list videos", code);

    const char* wrong = excess_of(raw, tail);
    if (!wrong && sqlite3_bind_parameter_count(raw) != 0) wrong = "has a parameter";
    if (!wrong && sqlite3_column_count(raw) != 1) wrong = "does not have one result column, the id";
    if (wrong) throw CatalogError{"list videos: \"" + list + "\": " + wrong + "; see --list"};
    std::vector<std::string> ids;
    while ((code = sqlite3_step(raw)) == SQLITE_ROW) ids.push_back(text_column(raw, 0));
    if (code != SQLITE_DONE) fail("list videos", code);
    return ids;
}

bool uses_wal(const std::filesystem::path& database) {
    Connection connection;
    return open_connection(database, SQLITE_OPEN_READONLY, lock_patience, connection) == SQLITE_OK &&
           is_wal(connection.get());
}

std::string_view sqlite_version() { return sqlite3_libversion(); }

}  // namespace reelgate::media
