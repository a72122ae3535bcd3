// Owns the writing of the catalogue: creation, and new rows in the shipped schema.
// Does not serve viewers: reader.h does.
// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "catalog/error.h"
#include "catalog/sqlite.h"

namespace reelgate::catalog {

/// A video to be recorded. What is absent is NULL in its row.
struct NewVideo {
    std::string id;
    std::string status;
    std::optional<std::string> file;        ///< NULL: the default name
    std::optional<std::string> title;
    std::optional<std::string> media_type;

    /// Returns whether it needs columns that a catalogue of version 0.1 does not have.
    bool needs_own_columns() const { return file || title || media_type; }
};

/// A transaction of a Writer. Without commit() its end takes all changes back.
class Transaction {
public:
    explicit Transaction(sqlite::Connection& connection) : connection_(&connection) {}
    Transaction(Transaction&& other) noexcept : connection_(std::exchange(other.connection_, nullptr)) {}
    Transaction& operator=(Transaction&&) = delete;
    ~Transaction() {
        if (connection_ && connection_->is_in_transaction()) connection_->execute("ROLLBACK");
    }

private:
    sqlite::Connection* connection_;
};

/// Records videos in a catalogue of the shipped schema, or of that of version 0.1.
class Writer {
public:
    /// Opens an existing catalogue. Throws CatalogError, also if its table is another application's.
    explicit Writer(std::filesystem::path database);

    /// Returns the status of a recorded video, ready or not; nothing if it is not recorded.
    std::optional<std::string> status_of(std::string_view id);

    /// Checks whether a video could be recorded now, before gigabytes are copied. Does not wait long for a lock. Throws
    /// CatalogError.
    void check();

    /// Returns whether the catalogue has all columns of ours: one of version 0.1 has only id and status.
    bool has_own_columns() const { return has_own_columns_; }

    /// Returns the ids of all videos, and the file of each as its row has it; absent: the default name.
    std::map<std::string, std::optional<std::string>> files();

    /// Makes the changes of a transaction visible, and lasting. Throws CatalogError.
    void commit();

    /// Throws posix::FailureError if a video needs columns that are not there.
    void check_columns(const NewVideo& video) const;

    /// Begins to change rows: no other writer can change any from now on. Readers see the changes after commit();
    /// without that, nothing is changed. Throws CatalogError.
    [[nodiscard]] Transaction begin();

    /// Returns whether a transaction goes on: SQLite may have ended it because of an error.
    bool is_in_transaction() const { return connection_.is_in_transaction(); }

    /// Records a video. Throws CatalogError if its id is recorded already, or it needs columns that are not there.
    void insert(const NewVideo& video);

    /// Makes the row of a video mean another file. The old file's tag and type go, a title only if there is a new one.
    /// Throws posix::FailureError if the row is gone.
    void replace(const NewVideo& video);

    /// Takes the tag of a video away, before its file changes.
    void clear_tag(std::string_view id);

    /// Takes the row of a video out. Returns whether there was one.
    bool remove(std::string_view id);

private:
    sqlite::Statement prepare(const char* sql);
    void execute(const char* sql);
    void refuse_if_gone(std::string_view id) const;
    void run(std::string operation, sqlite::Statement& statement,
             std::initializer_list<std::optional<std::string_view>> values);
    [[noreturn]] void fail(std::string operation, sqlite::Result result);

    const std::filesystem::path database_;
    sqlite::Connection connection_;
    bool has_own_columns_ = false;
};

/// What create() and upgrade() find a database to be.
enum class Shape {
    own,     ///< a catalogue of this version
    of_0_1,  ///< a catalogue that version 0.1 has made: it lacks columns
};

/// Creates the catalogue with the shipped schema, in WAL mode. Leaves an existing one as it is. Throws CatalogError,
/// also if an existing file is not such a catalogue. Returns what it is now.
Shape create(const std::filesystem::path& database);

/// Turns a catalogue of version 0.1 into one of this version, in one transaction, while it may be served. Returns what
/// it was before. Throws CatalogError if it is neither.
Shape upgrade(const std::filesystem::path& database);

}  // namespace reelgate::catalog
