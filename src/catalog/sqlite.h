// Owns the door to SQLite: a connection and a statement, with SQLite's own verbs.
// Does not know the query, nor explain errors: diagnosis.h does.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "catalog/uses.h"

struct sqlite3;
struct sqlite3_stmt;

namespace reelgate::catalog::sqlite {

/// SQLite's primary result codes that reelgate tells apart (sqlite3.h).
enum class Code {
    ok = 0,
    error = 1,
    permission = 3,
    busy = 5,
    locked = 6,
    no_memory = 7,
    read_only = 8,
    interrupted = 9,
    io_error = 10,
    corrupt = 11,
    full = 13,
    cannot_open = 14,
    not_a_database = 26,
    row = 100,
    done = 101,
};

/// An extended result code.
struct Result {
    int extended = 0;

    Code code() const { return static_cast<Code>(extended & 0xff); }
    bool is_ok() const { return extended == 0; }
};

/// SQLite's own words for a result.
const char* describe(Result result);

enum class Access { read, write, create };

/// SQLite's types of values.
enum class Type { integer = 1, real = 2, text = 3, blob = 4, null = 5 };

/// A connection, for one thread at a time.
class Connection {
public:
    using Clock = std::chrono::steady_clock;

    /// Opens a database, even if it has a name like ":memory:". Opens only regular files, for the journal and the other
    /// companions too: opening a FIFO would block until it has a writer. May leave a connection that holds the error.
    Result open(const std::filesystem::path& database, Access access, std::chrono::milliseconds busy_timeout);

    void close() { connection_.reset(); }
    explicit operator bool() const { return connection_ != nullptr; }

    Result execute(const char* sql);

    /// Stores the integer that a statement returns in `number`, which stays as it is if there is no row.
    Result read_number(const char* sql, std::int64_t& number);

    bool is_in_transaction() const;

    /// Returns how many rows the last INSERT, UPDATE or DELETE has changed.
    int changes() const;

    /// Sets the time that SQLite waits for a lock.
    void set_busy_timeout(std::chrono::milliseconds timeout);

    /// Makes SQLite interrupt a statement that runs past `latest`, which must outlive the connection.
    void limit_time(Clock::time_point& latest);

    /// Returns whether the file's header says WAL.
    bool is_wal() const;

    /// Returns SQLite's own mapping of the WAL-index, which stamp.h reads; null unless this connection has read the
    /// database in WAL mode. Valid until close().
    const volatile std::uint32_t* wal_index() const;

    /// Records, from now on, what each statement uses: see Statement::uses().
    void record_uses();

    /// Gives statements the function sha256(x): lower-case hexadecimal of the bytes of a text (in UTF-8) or a blob.
    Result add_functions();

    // About the last failure

    std::string error_message() const;
    Result error() const;
    int system_errno() const;  ///< 0: none

private:
    friend class Statement;
    struct Close {
        void operator()(sqlite3* connection) const;
    };
    std::unique_ptr<Uses> uses_;  ///< of the statement that is being prepared. Outlives the connection
    std::unique_ptr<sqlite3, Close> connection_;
};

/// How often a statement is used.
enum class Use { once, again_and_again };

/// A prepared statement. Must not outlive its connection.
class Statement {
public:
    Result prepare(const Connection& connection, std::string_view sql, Use use = Use::once);

    void finalize() { statement_.reset(); }
    explicit operator bool() const { return statement_ != nullptr; }

    /// Binds a text, which must outlive the step. After a failure the parameter is as it was: NULL, after a reset.
    [[nodiscard]] Result bind(int parameter, std::string_view text);

    [[nodiscard]] Result bind(int parameter, std::int64_t number);

    Result step();

    /// Releases its read lock and its row, and makes all parameters NULL.
    void reset() noexcept;

    int parameter_count() const;

    /// Returns the name of a parameter with its first character, "?1" or ":id"; nothing for one that has none.
    std::optional<std::string_view> parameter_name(int parameter) const;

    int column_count() const;

    /// Returns nothing if SQLite has no memory for the name.
    std::optional<std::string_view> column_name(int column) const;

    /// Returns a column of the present row as text; nothing for NULL. Throws std::bad_alloc if SQLite has no memory for
    /// the text, which must not count as empty.
    std::optional<std::string> column(int column) const;

    /// Returns the type of a column of the present row. To be asked before column(), which may convert the value.
    Type type(int column) const;

    std::int64_t integer(int column) const;

    /// Returns the number of bytes of a column that is a blob.
    std::size_t blob_length(int column) const;

    /// Returns what is wrong with SQL that must be a single statement and only read; null if nothing is.
    const char* excess() const;

    /// Returns whether SQLite has prepared it again since the last call: then it may have other columns.
    bool was_reprepared();

    /// Returns what it uses, as of the last time that it was prepared and was_reprepared() was called; something impure
    /// if its connection does not record it.
    const Uses& uses() const { return uses_; }

private:
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const;
    };
    void note_uses();

    std::unique_ptr<sqlite3_stmt, Finalize> statement_;
    bool has_tail_ = false;  ///< something follows the statement
    Uses* recorder_ = nullptr;  ///< the connection's
    Uses uses_;
};

/// Returns the version of the library in use.
std::string_view version();

}  // namespace reelgate::catalog::sqlite
