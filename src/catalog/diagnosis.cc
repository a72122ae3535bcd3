// Owns the explanation of SQLite's failures: the obstacle, who owns it, and the command that helps.
// SPDX-License-Identifier: MIT
#include "catalog/diagnosis.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <optional>

#include "catalog/reader.h"
#include "posix/access.h"
#include "posix/locks.h"
#include "posix/mounts.h"
#include "posix/shell.h"

namespace reelgate::catalog {

namespace {

using posix::Failure;
using sqlite::Access;
using sqlite::Code;

/// Limit on the characters of the list of tables in a message.
constexpr std::size_t max_tables = 600;

/// The operation that failed.
struct Attempt {
    const std::filesystem::path& database;
    const sqlite::Connection& connection;
    sqlite::Result result;
    Access access;

    Failure failure(std::string cause, std::string remedy = {}) const {
        return {{}, database.native(), std::move(cause), std::move(remedy)};
    }
    std::filesystem::path folder() const { return database.has_parent_path() ? database.parent_path() : "."; }
    std::string beside(const char* ending) const { return database.native() + ending; }
    std::string word() const { return posix::shell_word(database); }
};

/// Returns the obstacle to a path, as the failure of an attempt.
std::optional<Failure> obstacle(const Attempt& attempt, const std::filesystem::path& path, int right) {
    const auto found = posix::find_obstacle(path, right);
    return found ? std::optional{found->failure({}, attempt.database.native())} : std::nullopt;
}

bool exists(const std::string& path) {
    struct stat status;
    return stat(path.c_str(), &status) == 0;
}

/// Explains obstacles other than the file itself: in WAL mode a reader uses its shared memory.
std::optional<Failure> explain_companions(const Attempt& attempt, bool is_wal) {
    const std::string shm = attempt.beside("-shm"), wal = attempt.beside("-wal");
    const int log_right = attempt.access == Access::read ? R_OK : R_OK | W_OK;
    if (exists(wal))
        if (auto failure = obstacle(attempt, wal, log_right)) return failure;
    auto failure = exists(shm) ? obstacle(attempt, shm, R_OK | W_OK) : obstacle(attempt, attempt.folder(), W_OK | X_OK);
    if (!failure) return std::nullopt;
    std::string& last = failure->remedy.empty() ? failure->cause : failure->remedy;
    last.append(is_wal ? ", as WAL mode needs " + shm + " even to read; or take the catalogue out of WAL mode: " +
                             "`sqlite3 " + attempt.word() + " 'PRAGMA journal_mode = DELETE'`"
                       : ", for the journal of a change");
    return failure;
}

/// Explains why there is nothing at the path, from the `error` of stat.
std::optional<Failure> explain_missing(const Attempt& attempt, int error) {
    if (attempt.access != Access::create || error == ENOTDIR) {
        auto failure = obstacle(attempt, attempt.database, F_OK);
        if (failure && error == ENOENT)
            failure->add_remedy("`reelgate init` makes a catalogue, --database names another");
        return failure;
    }
    const std::filesystem::path folder = attempt.folder();
    auto failure = obstacle(attempt, folder, W_OK | X_OK);
    if (failure && error == ENOENT && access(folder.c_str(), F_OK) != 0)
        failure->add_remedy("make it: `mkdir -p " + posix::shell_word(folder) + "`");
    return failure;
}

/// Explains a file next to the database that has the name of one of SQLite's, but is not a regular file: it is not
/// opened.
std::optional<Failure> explain_impostor(const Attempt& attempt) {
    struct stat status;
    for (const char* const ending : {"-journal", "-wal", "-shm"}) {
        const std::string path = attempt.beside(ending);
        if (stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode))
            return attempt.failure(path + ": is not a regular file, and SQLite needs the name",
                                   std::string{"remove it: `rm "} + (S_ISDIR(status.st_mode) ? "-r " : "") +
                                       posix::shell_word(path) + "`");
    }
    return std::nullopt;
}

/// Explains why SQLite cannot open the database: its own text is the same for every reason.
std::optional<Failure> explain_unopened(const Attempt& attempt) {
    struct stat status;
    if (stat(attempt.database.c_str(), &status) != 0) return explain_missing(attempt, errno);
    if (S_ISDIR(status.st_mode)) return attempt.failure("is a folder", "--database names a file");
    if (!S_ISREG(status.st_mode)) return attempt.failure("is not a regular file", "--database names one");
    if (auto failure = obstacle(attempt, attempt.database, attempt.access == Access::read ? R_OK : R_OK | W_OK))
        return failure;
    const bool is_wal = attempt.connection.is_wal();
    return is_wal || attempt.access != Access::read ? explain_companions(attempt, is_wal) : std::nullopt;
}

/// Returns whether WAL mode would let us read while another process writes.
bool would_wal_help(const Attempt& attempt) {
    return attempt.access == Access::read && attempt.connection && !attempt.connection.is_wal() &&
           posix::network_file_system_of(attempt.database).empty();
}

/// Names the process that has the catalogue locked. In WAL mode the locks are on the shared memory.
Failure explain_lock(const Attempt& attempt) {
    auto holder = posix::lock_holder(attempt.database);
    const auto other = posix::lock_holder(attempt.beside("-shm"));
    if (other && (!holder || (other->is_writer && !holder->is_writer))) holder = other;
    const std::string who = !holder ? "writer"
                                    : std::string{holder->is_writer ? "writer" : "reader"} + ", process " +
                                          std::to_string(holder->process) + " (" + holder->name + "),";
    Failure failure = attempt.failure("locked by a " + who + " for longer than reelgate waits");
    if (would_wal_help(attempt))
        failure.add_remedy("in WAL mode it can be read meanwhile: `sqlite3 " + attempt.word() +
                           " 'PRAGMA journal_mode = WAL'`");
    failure.add_remedy(holder ? "it is free when that commits, or ends: `kill " + std::to_string(holder->process) + "`"
                              : "`fuser -v " + attempt.word() + "` shows which processes have it open");
    return failure;
}

Failure explain_full(const Attempt& attempt) {
    return attempt.failure("no space left on its file system, and WAL mode needs room for " + attempt.beside("-shm") +
                               " even to read",
                           "free some: `df -h " + posix::shell_word(attempt.folder()) + "` shows how much there is");
}

bool is_full(const Attempt& attempt) {
    struct statvfs space;
    return statvfs(attempt.folder().c_str(), &space) == 0 &&
           (space.f_bavail == 0 || (space.f_files > 0 && space.f_favail == 0));
}

Failure explain_descriptors(const Attempt& attempt, int error) {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    if (error == ENFILE)
        return attempt.failure(posix::cause(error) + ": the whole machine's limit", "`sysctl fs.file-max` shows it");
    return attempt.failure(posix::cause(error) + ": all " + std::to_string(limit.rlim_cur) +
                               " that this process may have are in use",
                           "raise the limit (`ulimit -n`, LimitNOFILE= of systemd), or lower --max-viewers");
}

/// Lists tables and views with their columns; nothing if they cannot be read.
std::optional<std::string> tables_of(const sqlite::Connection& connection) {
    sqlite::Statement statement;
    statement.prepare(connection,
                      "SELECT group_concat(name || ' (' || columns || ')', ', ') FROM (SELECT name, (SELECT "
                      "group_concat(name, ', ') FROM pragma_table_info(m.name)) AS columns FROM sqlite_schema AS m "
                      "WHERE type IN ('table', 'view') AND name NOT GLOB 'sqlite_*' ORDER BY name)");
    if (!statement || statement.step().code() != Code::row) return std::nullopt;
    std::string tables = statement.column(0).value_or("");
    return tables.size() > max_tables ? tables.substr(0, max_tables) + " ..." : tables;
}

/// Returns SQLite's own text, and for a missing table or column, those that exist.
Failure explain_query(const Attempt& attempt) {
    const std::string text = attempt.connection.error_message();
    struct stat status;
    if (!text.starts_with("no such ")) return attempt.failure(text);
    if (stat(attempt.database.c_str(), &status) == 0 && status.st_size == 0)
        return attempt.failure(text, "the file is empty (0 bytes): `reelgate init` makes a catalogue of it");
    const auto tables = tables_of(attempt.connection);
    if (!tables) return attempt.failure(text);
    return attempt.failure(text, tables->empty() ? "it has no table at all" : "its tables: " + *tables);
}

/// Explains a failure that the file, its folder or the disk may cause.
Failure explain_files(const Attempt& attempt) {
    const int error = attempt.connection.system_errno();
    if (error == EMFILE || error == ENFILE) return explain_descriptors(attempt, error);
    if (attempt.result.code() == Code::full || error == ENOSPC || error == EDQUOT || is_full(attempt))
        return explain_full(attempt);
    if (auto failure = explain_impostor(attempt)) return *failure;
    if (auto failure = explain_unopened(attempt)) return *failure;
    const std::string text = sqlite::describe(attempt.result);
    if (attempt.result.code() == Code::io_error)
        return attempt.failure(text + (error ? ": " + posix::cause(error) : ""), "`dmesg` says more of the disk");
    if (attempt.result.code() == Code::read_only)
        return attempt.failure("a writer ended in the middle of a change, which a user who may write must undo: "
                               "`sqlite3 " + attempt.word() + " 'PRAGMA quick_check'`");
    return attempt.failure(text);
}

Failure explain(const Attempt& attempt) {
    switch (attempt.result.code()) {
        case Code::busy:
        case Code::locked: return explain_lock(attempt);
        case Code::interrupted: {
            const auto limit = std::chrono::floor<std::chrono::seconds>(max_look_up).count();
            return attempt.failure("took longer than " + std::to_string(limit) + " s and was given up",
                                   "`EXPLAIN QUERY PLAN` in sqlite3 shows whether an index is missing");
        }
        case Code::not_a_database:
            return attempt.failure("not an SQLite database, or an encrypted one",
                                   "restore it, or name another with --database");
        case Code::corrupt:
            return attempt.failure("corrupt", "restore it, or rescue what is left: `sqlite3 " + attempt.word() +
                                                  " .recover | sqlite3 " +
                                                  posix::shell_word(attempt.beside(".rescued")) + "`");
        case Code::cannot_open:
        case Code::permission:
        case Code::read_only:
        case Code::full:
        case Code::io_error: return explain_files(attempt);
        default: return attempt.connection ? explain_query(attempt) : attempt.failure(sqlite::describe(attempt.result));
    }
}

}  // namespace

std::optional<posix::Failure> network_warning(const std::filesystem::path& database) {
    const std::string type = posix::network_file_system_of(database);
    if (type.empty()) return std::nullopt;
    return posix::failure_of("catalogue-far", database.native(), type);
}

posix::Failure diagnose(std::string operation, const std::filesystem::path& database,
                        const sqlite::Connection& connection, sqlite::Result result, sqlite::Access access) {
    Failure failure = explain({database, connection, result, access});
    failure.operation = std::move(operation);
    failure.error = connection.system_errno();
    if (const auto warning = network_warning(database))
        failure.add_remedy("the file " + warning->cause + "; " + warning->remedy);
    return failure;
}

}  // namespace reelgate::catalog
