// Owns the reader of the catalogue: one connection and one prepared query for each thread.
// Does not look at the files of the videos.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "catalog/cache.h"
#include "catalog/error.h"
#include "catalog/parameters.h"
#include "catalog/question.h"
#include "catalog/replacement.h"
#include "catalog/result_columns.h"
#include "catalog/row.h"
#include "catalog/sqlite.h"

namespace reelgate::catalog {

/// How long a look-up waits for a writer before the client gets 503. Most commits take milliseconds, but some take a
/// second, and a browser's <video> does not ask again. No longer: a viewer who waits sees nothing.
inline constexpr std::chrono::milliseconds lock_patience{2000};

/// How long a look-up may take: it is one descent in a tree. A query that reads whole tables would hold every thread.
inline constexpr std::chrono::milliseconds max_look_up{3000};

/// What a look-up does while a writer has the catalogue locked.
enum class WhenLocked {
    wait,        ///< wait for lock_patience in this thread, then throw CatalogError
    come_again,  ///< throw CatalogBusy at once: the caller holds no thread while it waits
    fail,        ///< throw CatalogError at once
};

/// Reads the catalogue, for one thread; close() is for any. Opens the database at the first look-up and after errors,
/// and reopens it within a second if another file is renamed over it, or its -shm is gone. Remembers answers as long as
/// SQLite would give the same, and takes no lock of the database for these. Public functions and close() take the
/// reader's lock, other private ones do not.
class Reader final : private Closable {
public:
    /// Takes a `query` whose parameters are the id and others that parameters.h knows, and whose result columns are
    /// named as in `columns`. An empty one stands for the default: that of a catalogue of ours, or the plain one
    /// (own.h). Readers with the same query share `had_allow`.
    Reader(std::filesystem::path database, std::string query, HadAllow had_allow = no_allow_yet());
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;
    ~Reader();

    /// Returns the row that answers a question, if there is one. Throws CatalogError, or CatalogBusy if `when_locked`
    /// asks for it.
    std::optional<Row> find(const Question& question, WhenLocked when_locked = WhenLocked::wait);

    /// Returns the row of `id`, as it is now without a viewer.
    std::optional<Row> find(std::string_view id, WhenLocked when_locked = WhenLocked::wait) {
        const std::chrono::system_clock::time_point now = std::chrono::system_clock::now();
        return find(Question{.id = id, .now = std::chrono::system_clock::to_time_t(now)}, when_locked);
    }

    /// Returns what the answers of the last look-up depend on besides the id.
    http::Dependence dependence();

    /// Opens the catalogue and prepares the query now. Throws CatalogError. A catalogue that is only locked passes: it
    /// will be free when it is asked.
    void check();

    /// Returns a warning about the query, as it was prepared last: a column that seems to be misspelled.
    std::optional<posix::Failure> warning();

private:
    using Clock = std::chrono::steady_clock;

    /// Closes the connection. Waits for the end of a running look-up.
    void close() noexcept override;

    void reopen_if_replaced(std::unique_lock<std::mutex>& lock);
    void connect();
    void open();
    void forget() noexcept;
    void wait_for_locks_as(WhenLocked when_locked);
    std::chrono::milliseconds waiting_time() const;
    void find_columns_anew(std::string_view id);
    void check_query();
    sqlite::Result choose_query();
    bool is_other_query_due();
    std::optional<Row> look_up(const Question& question);
    std::optional<Row> remember_or_look_up(const Question& question, WhenLocked when_locked);
    bool may_quote_request() const;
    [[noreturn]] void fail(std::string operation, sqlite::Result result);

    const std::filesystem::path database_;
    const std::string given_query_;
    std::mutex mutex_;  // guards all below
    std::string query_;  ///< in force: the given one, or a default
    sqlite::Connection connection_;
    sqlite::Statement statement_;  // declared after its connection, hence finalised before that closes
    Parameters parameters_;  ///< of the statement
    ResultColumns columns_;  ///< of the query, however often it is prepared
    Clock::time_point latest_;              ///< deadline of the present look-up
    WhenLocked when_locked_ = WhenLocked::wait;
    Identity identity_;
    Cache cache_;  ///< of the connection
};

}  // namespace reelgate::catalog
