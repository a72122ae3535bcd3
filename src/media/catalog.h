// Owns the catalogue, the SQLite database of all videos: the only file that includes <sqlite3.h>.
// Does not look at the files of the videos.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace reelgate::media {

/// The catalogue cannot be read or written now. The text names operation, object, cause and remedy.
class CatalogError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// How long a look-up waits for a writer before the client gets 503: a commit takes less.
inline constexpr std::chrono::milliseconds lock_patience{250};

/// How long a look-up may take: it is one descent in a tree. A query that reads whole tables would hold every thread.
inline constexpr std::chrono::milliseconds max_look_up{3000};

/// What a look-up does while a writer has the catalogue locked.
enum class WhenLocked {
    wait,        ///< wait for lock_patience, then throw CatalogError
    come_again,  ///< throw CatalogBusy at once: the caller holds no thread while it waits
    fail,        ///< throw CatalogError at once
};

/// How long a look-up may hold its thread.
struct Patience {
    WhenLocked when_locked = WhenLocked::wait;
};

/// The catalogue is locked, and may be asked again. Has no text: a lock is usually gone in a moment.
struct CatalogBusy {};

/// Extension after the id, in the default name of a file.
inline constexpr std::string_view default_extension = ".mp4";

/// Returns the file name, below the folder of videos, of a video whose row names none.
inline std::string default_file_name(std::string_view id) { return std::string{id}.append(default_extension); }

/// The catalogue's row of one video.
struct VideoRow {
    std::string status;  ///< empty for NULL
    // Absent if the query has no such column, or the row has NULL or an empty text in it.
    std::optional<std::string> file;        ///< path below the folder of videos
    std::optional<std::string> media_type;  ///< not checked
    std::optional<std::string> etag;        ///< not checked

    /// Returns the path of the file below the folder of videos; `id` is that of the row.
    std::string file_name(std::string_view id) const { return file ? *file : default_file_name(id); }
};

struct CloseConnection {
    void operator()(sqlite3* connection) const;
};
struct FinalizeStatement {
    void operator()(sqlite3_stmt* statement) const;
};
using Connection = std::unique_ptr<sqlite3, CloseConnection>;
using Statement = std::unique_ptr<sqlite3_stmt, FinalizeStatement>;

/// Reads the catalogue: one connection and one prepared statement, for one thread. Opens the database at the first
/// look-up and after errors, and reopens it within a second if another file is renamed over it, or its -shm is gone.
class Catalog {
public:
    /// Takes a `query` with one parameter, the id, and a result column named "status". Columns named "file",
    /// "media_type" and "etag" are optional.
    Catalog(std::filesystem::path database, std::string query);
    Catalog(const Catalog&) = delete;
    Catalog& operator=(const Catalog&) = delete;
    ~Catalog();

    /// Returns the row of `id`, if there is one. Throws CatalogError, or CatalogBusy if `patience` asks for it.
    std::optional<VideoRow> find(std::string_view id, Patience patience = {});

    /// Opens the catalogue and prepares the query now. Throws CatalogError. A catalogue that is only locked passes: it
    /// will be free when it is asked.
    void check();

    /// Returns a warning of later failures: a catalogue on a network file system. Empty if there is none.
    std::string warning() const;

private:
    /// Indexes of the result columns; -1 if the query does not have one.
    struct Columns {
        int status = -1, file = -1, media_type = -1, etag = -1;
    };

    /// Identifies a file while it is open; all 0: there is none.
    struct FileId {
        std::uint64_t device = 0;
        std::uint64_t inode = 0;
        bool operator==(const FileId&) const = default;
    };

    static FileId id_of(const std::filesystem::path& path);
    static void close_all();

    void open();
    std::chrono::milliseconds waiting_time() const;
    void close();
    bool find_columns();
    bool is_replaced();
    [[noreturn]] void fail(std::string_view operation, std::string_view object, int code);

    std::filesystem::path database_;
    std::string query_;
    std::mutex mutex_;     // guards the next two: another thread may close them
    Connection connection_;
    Statement statement_;  // declared after its connection, hence finalised before that closes
    std::chrono::steady_clock::time_point latest_;  // deadline of the present look-up
    Patience patience_;                             // of the present look-up
    Columns columns_;
    FileId file_, shared_memory_;  // as they were at the opening
    std::chrono::steady_clock::time_point looked_;
};

/// Records new videos in a catalogue of the shipped schema.
class CatalogWriter {
public:
    /// Opens an existing catalogue. Throws CatalogError.
    explicit CatalogWriter(std::filesystem::path database);

    /// Returns the status of a recorded video, ready or not; nothing if it is not recorded.
    std::optional<std::string> status_of(std::string_view id);

    /// Checks whether a video could be recorded now, before gigabytes are copied. Does not wait long for a lock. Throws
    /// CatalogError.
    void check();

    /// Begins to record a video: no other writer can take its id from now on. Readers see the row after commit();
    /// without that, nothing is recorded.
    void insert(std::string_view id, std::string_view status);

    void commit();

private:
    Statement prepare(const char* sql);
    void execute(const char* sql);
    [[noreturn]] void fail(const std::string& operation);
    [[noreturn]] void fail(const std::string& operation, int code);

    std::filesystem::path database_;
    Connection connection_;
};

/// Creates the catalogue with the shipped schema, in WAL mode. Leaves an existing one as it is. Throws CatalogError,
/// also if an existing file is not such a catalogue.
void create_catalog(const std::filesystem::path& database);

/// Returns the ids of all videos: the rows of `list`, a statement with one result column and no parameter. Reads all of
/// them before it returns, so that a writer's checkpoint does not wait for the caller. Throws CatalogError.
std::vector<std::string> list_ids(const std::filesystem::path& database, const std::string& list);

/// Returns whether the catalogue is in WAL mode, in which readers write to its folder. Returns false also if the
/// catalogue cannot be read.
bool uses_wal(const std::filesystem::path& database);

/// Returns the version of the SQLite library in use.
std::string_view sqlite_version();

}  // namespace reelgate::media
