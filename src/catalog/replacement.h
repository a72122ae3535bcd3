// Owns the discovery that another catalogue is at the path of an open one, and its consequence: the connections of all
// threads are closed.
// Does not open anything.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <filesystem>
#include <mutex>
#include <optional>
#include <set>

#include "posix/file_id.h"

namespace reelgate::catalog {

/// The files of an open database: its own, and that of its shared memory.
class Identity {
public:
    using Clock = std::chrono::steady_clock;

    /// Records the file, before it is opened.
    void note_file(const std::filesystem::path& database, Clock::time_point now);

    /// Records the shared memory, which exists once the schema was read in WAL mode.
    void note_shared_memory(const std::filesystem::path& database);

    /// Returns whether the catalogue must be reopened; checks once a second at most. Without its -shm SQLite would
    /// silently miss all that others write.
    bool is_replaced(const std::filesystem::path& database, Clock::time_point now);

private:
    std::optional<posix::FileId> file_, shared_memory_;
    Clock::time_point looked_;
};

/// Has a connection that another thread may close.
class Closable {
public:
    /// Closes the connection, for any thread.
    virtual void close() noexcept = 0;

protected:
    ~Closable() = default;
};

/// All readers of this process. Its lock comes before that of a reader.
class OpenReaders {
public:
    void add(Closable& reader);
    void remove(Closable& reader) noexcept;

    /// Closes the connections of all: while one of them is open, SQLite gives its shared memory to each new connection,
    /// even if the file of it is gone.
    void close_all() noexcept;

private:
    std::mutex mutex_;
    std::set<Closable*> readers_;
};

/// Returns the only one.
OpenReaders& open_readers();

}  // namespace reelgate::catalog
