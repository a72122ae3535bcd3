// Owns the catalogue, an SQLite database that says which videos there are: the only file with <sqlite3.h>.
// Does not look at the files that the rows stand for.
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

/// How long a look-up may hold its thread.
struct Patience {
    WhenLocked when_locked = WhenLocked::wait;
};

/// The catalogue does not answer without holding the thread, and may be asked again. Says nothing: mostly a lock is gone
/// in a moment.
struct CatalogBusy {};

/// What stands behind the id in the name of a file that no row names.
inline constexpr std::string_view default_extension = ".mp4";

/// Gives the name of the file of a video whose row names none, below the folder of videos.
inline std::string default_file_name(std::string_view id) { return std::string{id}.append(default_extension); }

/// What the catalogue says of one video.
struct VideoRow {
    std::string status;  ///< empty for NULL
    // Absent where the query has no such column, or the row has NULL or nothing in it.
    std::optional<std::string> file;        ///< path below the folder of videos
    std::optional<std::string> media_type;  ///< not checked
    std::optional<std::string> etag;        ///< not checked

    /// Gives the path of the file below the folder of videos, for the video that the row was found by.
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

/// Reads the catalogue: one connection and one prepared statement, for one thread. It opens itself when it is first
/// asked and after errors, and again when another file was renamed over the path, or its -shm was taken away, which it
/// notices within a second.
class Catalog {
public:
    /// `query` has one parameter, the id, and a result column named "status"; columns named "file", "media_type" and
    /// "etag" may be there as well.
    Catalog(std::filesystem::path database, std::string query);
    Catalog(const Catalog&) = delete;
    Catalog& operator=(const Catalog&) = delete;
    ~Catalog();

    /// Finds the row of `id`; nothing when there is none. Throws CatalogError, or CatalogBusy where that was asked for.
    std::optional<VideoRow> find(std::string_view id, Patience patience = {});

    /// Opens the catalogue and prepares the query now. Throws CatalogError, except that a catalogue which is merely
    /// locked is as good as an open one: it will be there when it is asked.
    void check();

    /// Says what may fail later though all is well now: a catalogue on a network file system. Empty where nothing may.
    std::string warning() const;

private:
    /// Where the result columns are; -1 where the query does not have one.
    struct Columns {
        int status = -1, file = -1, media_type = -1, etag = -1;
    };

    /// A file, as long as somebody has it open; all 0 where there is none.
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
    std::mutex mutex_;     // of the next three: another thread may close them
    Connection connection_;
    Statement statement_;  // declared after its connection, hence finalised before that closes
    std::chrono::steady_clock::time_point latest_;  // by which the present look-up has to be done
    Patience patience_;                             // with the present look-up
    Columns columns_;
    FileId file_, shared_memory_;  // as they were when it was opened
    std::chrono::steady_clock::time_point looked_;
};

/// Records new videos in a catalogue of the shipped schema.
class CatalogWriter {
public:
    /// Opens an existing catalogue. Throws CatalogError.
    explicit CatalogWriter(std::filesystem::path database);

    /// Finds the status of a recorded video, whatever it is.
    std::optional<std::string> status_of(std::string_view id);

    /// Finds out whether anything could be recorded now: before gigabytes are copied for it. Does not wait long for a
    /// lock.
    void check();

    /// Begins to record a video: from here on no other writer can take its id. Nobody sees it until commit();
    /// without that nothing has happened.
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

/// Creates the catalogue with the shipped schema, in WAL mode; one that is there already is left as it is. Throws
/// CatalogError, also when what is there is no such catalogue.
void create_catalog(const std::filesystem::path& database);

/// Lists the ids of all videos: the rows of `list`, a statement with one result column and no parameter. All are read
/// before this returns, so that no writer's checkpoint waits for the caller. Throws CatalogError.
std::vector<std::string> list_ids(const std::filesystem::path& database, const std::string& list);

/// Tells whether the catalogue is in WAL mode, in which its readers write the folder that it is in. False as well
/// when it cannot be read.
bool uses_wal(const std::filesystem::path& database);

/// Gives the version of the SQLite library in use.
std::string_view sqlite_version();

}  // namespace reelgate::media
