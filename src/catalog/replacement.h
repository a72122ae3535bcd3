// Owns the question whether a catalogue that is open is still the one at its path, and what must be done if not: the
// connections of all threads are closed.
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

/// What a database was when it was opened: its file, and that of its shared memory.
class Identity {
public:
    using Clock = std::chrono::steady_clock;

    /// Takes note of the file, before it is opened.
    void note_file(const std::filesystem::path& database, Clock::time_point now);

    /// Takes note of the shared memory, which is there once the schema was read in WAL mode.
    void note_shared_memory(const std::filesystem::path& database);

    /// Tells whether the path leads to another file now, or the shared memory was taken away; without that SQLite would
    /// never again see what others write, and say nothing. Looks at most once a second.
    bool is_replaced(const std::filesystem::path& database, Clock::time_point now);

private:
    std::optional<posix::FileId> file_, shared_memory_;
    Clock::time_point looked_;
};

/// What has a connection that another thread may close.
class Closable {
public:
    /// Closes the connection, for any thread.
    virtual void close() noexcept = 0;

protected:
    ~Closable() = default;
};

/// All readers of this process. Its lock is taken before that of any of them.
class OpenReaders {
public:
    void add(Closable& reader);
    void remove(Closable& reader) noexcept;

    /// Closes the connections of all: as long as one of them is open, SQLite gives its shared memory to each that is
    /// opened anew, also where the file of it has gone.
    void close_all() noexcept;

private:
    std::mutex mutex_;
    std::set<Closable*> readers_;
};

/// Returns the only one.
OpenReaders& open_readers();

}  // namespace reelgate::catalog
