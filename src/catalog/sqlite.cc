// Owns the door to SQLite: a connection and a statement, with SQLite's own verbs.
// SPDX-License-Identifier: MIT
#include "catalog/sqlite.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <new>

#include "crypto/digest.h"

namespace reelgate::catalog::sqlite {

namespace {

static_assert(static_cast<int>(Code::error) == SQLITE_ERROR && static_cast<int>(Code::permission) == SQLITE_PERM &&
              static_cast<int>(Code::busy) == SQLITE_BUSY && static_cast<int>(Code::locked) == SQLITE_LOCKED &&
              static_cast<int>(Code::no_memory) == SQLITE_NOMEM &&
              static_cast<int>(Code::read_only) == SQLITE_READONLY &&
              static_cast<int>(Code::interrupted) == SQLITE_INTERRUPT &&
              static_cast<int>(Code::io_error) == SQLITE_IOERR && static_cast<int>(Code::corrupt) == SQLITE_CORRUPT &&
              static_cast<int>(Code::full) == SQLITE_FULL && static_cast<int>(Code::cannot_open) == SQLITE_CANTOPEN &&
              static_cast<int>(Code::not_a_database) == SQLITE_NOTADB && static_cast<int>(Code::row) == SQLITE_ROW &&
              static_cast<int>(Code::done) == SQLITE_DONE && static_cast<int>(Code::ok) == SQLITE_OK);

/// Instructions of SQLite's machine between two looks at the clock: a look-up has a few dozen.
constexpr int instructions_between_looks = 10'000;

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

int flags_of(Access access) {
    // Only one thread at a time uses a connection, so SQLite needs no mutex for it.
    constexpr int always = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    switch (access) {
        case Access::read: return always | SQLITE_OPEN_READONLY;
        case Access::write: return always | SQLITE_OPEN_READWRITE;
        case Access::create: return always | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    }
    return always;
}

/// Records what a statement uses while SQLite prepares it. Forbids nothing.
int record_use(void* uses, int action, const char* first, const char* second, const char* schema, const char*) {
    auto& to = *static_cast<Uses*>(uses);
    switch (action) {
        case SQLITE_SELECT: break;
        case SQLITE_READ: to.add_table(schema ? schema : "", first ? first : ""); break;
        case SQLITE_FUNCTION: to.add_function(second ? second : ""); break;
        default: to.add_impure();
    }
    return SQLITE_OK;
}

/// The SQL function sha256(x). A number counts as its text, as it does for SQLite's own functions of texts. Without
/// memory it fails: another value might admit a client.
void hash(sqlite3_context* context, int, sqlite3_value** values) {
    sqlite3_value* const value = values[0];
    const int type = sqlite3_value_type(value);
    if (type == SQLITE_NULL) return sqlite3_result_null(context);
    const void* const bytes = type == SQLITE_BLOB ? sqlite3_value_blob(value) : sqlite3_value_text(value);
    const int length = sqlite3_value_bytes(value);
    // A blob without bytes is null, too.
    if (!bytes && (type != SQLITE_BLOB || length > 0)) return sqlite3_result_error_nomem(context);
    try {
        const std::string_view text{bytes ? static_cast<const char*>(bytes) : "", static_cast<std::size_t>(length)};
        const std::string digits = crypto::hexadecimal(crypto::sha256(text));
        sqlite3_result_text64(context, digits.data(), digits.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
    } catch (const std::bad_alloc&) {
        sqlite3_result_error_nomem(context);
    }
}

/// SQLite's object for one of the files of a connection; null if that is not open.
sqlite3_file* open_file_of(sqlite3* connection, int which) {
    sqlite3_file* file = nullptr;
    if (!connection || sqlite3_file_control(connection, "main", which, &file) != SQLITE_OK) return nullptr;
    return file && file->pMethods ? file : nullptr;
}

/// Bytes of the WAL-index that SQLite maps at a time, WALINDEX_PGSZ in its wal.c. Every mapping must use this size.
constexpr int wal_index_page = 32 * 1024;

}  // namespace

const char* describe(Result result) { return sqlite3_errstr(result.extended); }

std::string_view version() { return sqlite3_libversion(); }

void Connection::Close::operator()(sqlite3* connection) const { sqlite3_close(connection); }

Result Connection::open(const std::filesystem::path& database, Access access, std::chrono::milliseconds busy_timeout) {
    static const bool is_guarded = guard_opening();
    struct stat status;
    if (!is_guarded || (stat(database.c_str(), &status) == 0 && !S_ISREG(status.st_mode))) return {SQLITE_CANTOPEN};
    sqlite3* raw = nullptr;
    // Absolute, so that ":memory:" and "file:..." are ordinary names of files.
    const int code = sqlite3_open_v2(std::filesystem::absolute(database).c_str(), &raw, flags_of(access), nullptr);
    connection_.reset(raw);
    if (code == SQLITE_OK) {
        set_busy_timeout(busy_timeout);
        // The file belongs to others: its schema must not call functions with side effects.
        sqlite3_db_config(raw, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    }
    return {code};
}

Result Connection::execute(const char* sql) {
    return {sqlite3_exec(connection_.get(), sql, nullptr, nullptr, nullptr)};
}

Result Connection::read_number(const char* sql, std::int64_t& number) {
    sqlite3_stmt* raw = nullptr;
    if (const int code = sqlite3_prepare_v2(connection_.get(), sql, -1, &raw, nullptr); code != SQLITE_OK)
        return {code};
    const int code = sqlite3_step(raw);
    if (code == SQLITE_ROW) number = sqlite3_column_int64(raw, 0);
    sqlite3_finalize(raw);
    return {code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code};
}

bool Connection::is_in_transaction() const { return connection_ && sqlite3_get_autocommit(connection_.get()) == 0; }

int Connection::changes() const { return sqlite3_changes(connection_.get()); }

void Connection::set_busy_timeout(std::chrono::milliseconds timeout) {
    sqlite3_busy_timeout(connection_.get(), static_cast<int>(timeout.count()));
}

void Connection::limit_time(Clock::time_point& latest) {
    const auto is_late = [](void* point) { return Clock::now() > *static_cast<Clock::time_point*>(point) ? 1 : 0; };
    sqlite3_progress_handler(connection_.get(), instructions_between_looks, is_late, &latest);
}

/// Bytes 18 and 19 of the file are 2 in WAL mode (SQLite file format, section 1.3.1). Reads them through SQLite's own
/// descriptor: opening the file again and closing it would release all locks that this process has on it, including
/// those of other threads.
bool Connection::is_wal() const {
    std::array<char, 20> header{};
    sqlite3_file* const file = open_file_of(connection_.get(), SQLITE_FCNTL_FILE_POINTER);
    return file && file->pMethods->xRead(file, header.data(), header.size(), 0) == SQLITE_OK &&
           header[18] == 2 && header[19] == 2;
}

/// Opening and closing -shm would release the locks of this process on it, so this asks SQLite for what it has mapped.
/// Asks only once the log is open: xShmMap would create the shared memory of a database that is not in WAL mode, and
/// without the log there is no lock that keeps others from taking it away again.
const volatile std::uint32_t* Connection::wal_index() const {
    sqlite3_file* const file = open_file_of(connection_.get(), SQLITE_FCNTL_FILE_POINTER);
    if (!file || !open_file_of(connection_.get(), SQLITE_FCNTL_JOURNAL_POINTER) || !is_wal() ||
        file->pMethods->iVersion < 2 || !file->pMethods->xShmMap)
        return nullptr;
    void volatile* page = nullptr;
    const int code = file->pMethods->xShmMap(file, 0, wal_index_page, 0, &page);
    // It is read-only to those who may not write it.
    return code == SQLITE_OK || code == SQLITE_READONLY ? static_cast<const volatile std::uint32_t*>(page) : nullptr;
}

void Connection::record_uses() {
    uses_ = std::make_unique<Uses>();
    sqlite3_set_authorizer(connection_.get(), record_use, uses_.get());
}

Result Connection::add_functions() {
    // Innocuous: views and triggers of a schema that is not trusted may call it as well.
    return {sqlite3_create_function_v2(connection_.get(), "sha256", 1,
                                       SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, nullptr, hash, nullptr,
                                       nullptr, nullptr)};
}

std::string Connection::error_message() const { return sqlite3_errmsg(connection_.get()); }

Result Connection::error() const { return {sqlite3_extended_errcode(connection_.get())}; }

int Connection::system_errno() const { return connection_ ? sqlite3_system_errno(connection_.get()) : 0; }

}  // namespace reelgate::catalog::sqlite
