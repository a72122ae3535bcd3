// Owns the reading of the catalogue: one connection and one prepared query for each thread.
// Does not look at the files that the rows stand for.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "catalog/error.h"
#include "catalog/replacement.h"
#include "catalog/row.h"
#include "catalog/sqlite.h"

namespace reelgate::catalog {

/// How long a look-up waits for a writer before the client is told to come again: a commit is over in that time.
inline constexpr std::chrono::milliseconds lock_patience{250};

/// How long a look-up may take. It is one descent in a tree; a query that reads whole tables would hold every thread.
inline constexpr std::chrono::milliseconds max_look_up{3000};

/// What a look-up does while a writer has the catalogue locked.
enum class WhenLocked {
    wait,        ///< wait as long as lock_patience, then throw CatalogError
    come_again,  ///< throw CatalogBusy at once: the caller holds no thread while it waits
    fail,        ///< throw CatalogError at once
};

/// Reads the catalogue, for one thread; close() is for any. It opens itself when it is first asked and after errors, and
/// again when another file was renamed over the path, or its -shm was taken away, which it notices within a second.
/// Every public function takes the lock, no private one does.
class Reader final : private Closable {
public:
    /// `query` has one parameter, the id, and result columns with the names of `columns`.
    Reader(std::filesystem::path database, std::string query);
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;
    ~Reader();

    /// Finds the row of `id`; nothing when there is none. Throws CatalogError, or CatalogBusy where that was asked for.
    std::optional<Row> find(std::string_view id, WhenLocked when_locked = WhenLocked::wait);

    /// Opens the catalogue and prepares the query now. Throws CatalogError, except that a catalogue which is merely
    /// locked is as good as an open one: it will be there when it is asked.
    void check();

private:
    using Clock = std::chrono::steady_clock;

    /// Closes the connection, whichever thread uses it: waits until the look-up that goes on has ended.
    void close() noexcept override;

    void reopen_if_replaced(std::unique_lock<std::mutex>& lock);
    void open();
    void forget() noexcept;
    void wait_for_locks_as(WhenLocked when_locked);
    std::chrono::milliseconds waiting_time() const;
    bool find_columns();
    void find_columns_anew(std::string_view id);
    const Column* missing_column() const;
    void check_query();
    Row read_row() const;
    [[noreturn]] void fail(std::string operation, sqlite::Result result);

    const std::filesystem::path database_;
    const std::string query_;
    std::mutex mutex_;  // guards all below
    sqlite::Connection connection_;
    sqlite::Statement statement_;  // declared after its connection, hence finalised before that closes
    PerColumn<std::optional<int>> places_;  ///< where the result columns are
    Clock::time_point latest_;              ///< by which the present look-up must be done
    WhenLocked when_locked_ = WhenLocked::wait;
    Identity identity_;
};

}  // namespace reelgate::catalog
