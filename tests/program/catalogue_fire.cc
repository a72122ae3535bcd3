// Owns a fire at the catalogue: processes that write, checkpoint, vacuum and are killed in the middle of it, and
// threads that look up meanwhile and check each answer. catalogue_fire_test.py judges the figures.
// Does not test queries or schemas: catalog_cache_test.cc does.
//
//     catalogue_fire FOLDER SECONDS reader|max-frame|data-version
//
// `reader` is reelgate's own. The others are caches whose key is known not to do: the check has to catch them, and
// ends once it has. Each pair of rows has a version, which every transaction that touches the pair counts up. Both
// rows of a pair are written in one transaction; at every third version they are absent. A writer announces a version
// before its commit and publishes it after. So an answer must not be older than what was published before the look-up
// began, nor newer than what is announced after it; and the second row of a pair must not be older than the first,
// which was looked up before it.
// Prints a figure a line: name, tab, number.
// SPDX-License-Identifier: MIT
#include <signal.h>
#include <sqlite3.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <new>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "../unit/sqlite_locks.h"
#include "catalog/reader.h"

namespace {

using namespace reelgate;
using catalog::Row;
using Clock = std::chrono::steady_clock;
using Random = std::minstd_rand;
using Count = std::atomic<std::uint64_t>;

constexpr std::size_t pairs = 12;
constexpr int writers = 3;
constexpr int readers = 3;
constexpr std::size_t words_of_header = 12;  ///< of the WAL-index; there are two copies

/// What all processes share.
struct Shared {
    std::array<Count, pairs> announced, published;
    std::atomic<bool> is_over;
    Count answers, remembered, absent, errors, reopened, stale, torn, impossible;
    Count commits, rollbacks, vacuums, recoveries;
    std::array<Count, 4> checkpoints;
};

Shared* shared = nullptr;
std::string database;

[[noreturn]] void give_up(const char* what) {
    std::perror(what);
    _exit(EXIT_FAILURE);
}

std::uint64_t below(Random& random, std::uint64_t limit) { return random() % limit; }

std::string id_of(std::size_t pair, const char* half) { return std::to_string(pair) + half; }

// Writing

/// A connection of an application's.
class Application {
public:
    Application() {
        if (sqlite3_open(database.c_str(), &connection_) != SQLITE_OK) give_up("open");
        sqlite3_busy_timeout(connection_, 200);
    }
    Application(const Application&) = delete;
    Application& operator=(const Application&) = delete;
    ~Application() { sqlite3_close(connection_); }

    /// Returns whether it was done: it may be locked.
    bool execute(const std::string& sql, std::uint64_t* number = nullptr) {
        const auto note = [](void* to, int, char** values, char**) {
            if (to && values[0]) *static_cast<std::uint64_t*>(to) = std::strtoull(values[0], nullptr, 10);
            return 0;
        };
        return sqlite3_exec(connection_, sql.c_str(), note, number, nullptr) == SQLITE_OK;
    }

    bool checkpoint(int mode) {
        return sqlite3_wal_checkpoint_v2(connection_, "main", mode, nullptr, nullptr) == SQLITE_OK;
    }

    /// SQLite's mapping of the WAL-index; null before it has one.
    volatile std::uint32_t* wal_index() {
        sqlite3_file* file = nullptr;
        void volatile* page = nullptr;
        sqlite3_file_control(connection_, "main", SQLITE_FCNTL_FILE_POINTER, &file);
        file->pMethods->xShmMap(file, 0, 32 * 1024, 0, &page);
        return static_cast<volatile std::uint32_t*>(page);
    }

    sqlite3* get() { return connection_; }

private:
    sqlite3* connection_ = nullptr;
};

void create() {
    Application application;
    application.execute("PRAGMA journal_mode = WAL; CREATE TABLE versions (pair INTEGER PRIMARY KEY, version);"
                        "CREATE TABLE videos (id TEXT PRIMARY KEY, status, file, filling)");
    for (std::size_t i = 0; i < pairs; ++i)
        application.execute("INSERT INTO versions VALUES (" + std::to_string(i) + ", 0)");
}

struct Written {
    std::size_t pair;
    std::uint64_t version;
};

/// Counts up the version of a pair, within a transaction.
bool write_pair(Application& application, std::size_t pair, std::size_t filling, std::vector<Written>& written) {
    const std::string number = std::to_string(pair);
    std::uint64_t version = 0;
    if (!application.execute("UPDATE versions SET version = version + 1 WHERE pair = " + number + " RETURNING version",
                             &version))
        return false;
    shared->announced[pair] = version;
    written.push_back({pair, version});
    const std::string text = std::to_string(version), left = id_of(pair, "left"), right = id_of(pair, "right");
    if (version % 3 == 0)
        return application.execute("DELETE FROM videos WHERE id IN ('" + left + "', '" + right + "')");
    const std::string values = "', " + text + ", " + text + ", zeroblob(" + std::to_string(filling) + "))";
    return application.execute("INSERT OR REPLACE INTO videos VALUES ('" + left + values + ", ('" + right + values);
}

/// A transaction, which at times is taken back, and at times left by dying.
void write_pairs(Application& application, Random& random) {
    constexpr std::array sizes{1, 1, 1, 2, 3, 12};
    const bool is_long = below(random, 8) == 0;
    const std::uint64_t fate = below(random, 100);
    if (!application.execute("BEGIN IMMEDIATE")) return;
    std::vector<Written> written;
    bool is_done = true;
    const std::size_t first = below(random, pairs);
    for (int i = 0; is_done && i < sizes[below(random, sizes.size())]; ++i)
        is_done = write_pair(application, (first + i) % pairs, is_long ? below(random, 20'000) : 0, written);
    if (fate == 0) raise(SIGKILL);
    if (fate < 5 || !is_done || !application.execute("COMMIT")) {
        application.execute("ROLLBACK");
        ++shared->rollbacks;
        return;
    }
    for (const auto& [pair, version] : written) {
        std::uint64_t known = shared->published[pair];
        while (known < version && !shared->published[pair].compare_exchange_weak(known, version)) {}
    }
    ++shared->commits;
}

/// Dies between writing one copy of the header and the other, as a commit might: others have to read the log again.
void die_in_the_header(Application& application) {
    if (!application.execute("BEGIN IMMEDIATE; SELECT count(*) FROM versions")) return;
    volatile std::uint32_t* const header = application.wal_index();
    constexpr std::size_t max_frame = 4;
    if (header && header[max_frame] > 0) {
        ++shared->recoveries;
        __atomic_fetch_add(header + words_of_header + max_frame, 1, __ATOMIC_SEQ_CST);
        raise(SIGKILL);
    }
    application.execute("ROLLBACK");
}

/// Kills this process at any point of what it does, SQLite's functions included.
void die_within(std::uint64_t nanoseconds) {
    sigevent event{};
    event.sigev_notify = SIGEV_SIGNAL;
    event.sigev_signo = SIGKILL;
    timer_t timer{};
    itimerspec when{};
    when.it_value.tv_nsec = static_cast<long>(nanoseconds);
    if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0 || timer_settime(timer, 0, &when, nullptr) != 0)
        give_up("timer");
}

void write(unsigned seed) {
    Random random{seed};
    Application application;
    application.execute("PRAGMA synchronous = OFF; PRAGMA cache_size = " + std::to_string(5 + below(random, 20)) +
                        "; PRAGMA wal_autocheckpoint = " + std::to_string(below(random, 2) * 10));
    die_within(1'000'000 + below(random, 80'000'000));
    while (!shared->is_over) {
        const std::uint64_t action = below(random, 1000);
        if (action < 800) {
            write_pairs(application, random);
        } else if (action < 990) {
            const int mode = static_cast<int>(action % 4);  // PASSIVE, FULL, RESTART, TRUNCATE
            if (application.checkpoint(mode)) ++shared->checkpoints[static_cast<std::size_t>(mode)];
        } else if (action < 995) {
            if (application.execute("VACUUM")) ++shared->vacuums;
        } else {
            die_in_the_header(application);
        }
    }
}

// Looking up

struct Found {
    std::optional<Row> row;
    bool is_remembered;
};

using Find = std::function<Found(const std::string& id)>;

constexpr const char* query = "SELECT status, file FROM videos WHERE id = ?1";

/// reelgate's own.
Find reader() {
    return [own = std::make_shared<catalog::Reader>(database, query)](const std::string& id) {
        const std::size_t before = sqlite_locks;
        std::optional<Row> row = own->find(id);
        return Found{std::move(row), sqlite_locks == before};
    };
}

/// A cache that takes rows for valid as long as a number stays the same.
class KeyedCache {
public:
    using Key = std::function<std::uint32_t(Application&)>;

    explicit KeyedCache(Key key) : key_{std::move(key)} {
        sqlite3_prepare_v2(application_.get(), query, -1, &statement_, nullptr);
        look_up("");
    }
    KeyedCache(const KeyedCache&) = delete;
    KeyedCache& operator=(const KeyedCache&) = delete;
    ~KeyedCache() { sqlite3_finalize(statement_); }

    Found find(const std::string& id) {
        const std::uint32_t before = key_(application_);
        if (before != valid_) rows_.clear();
        valid_ = before;
        if (const auto known = rows_.find(id); known != rows_.end()) return {known->second, true};
        std::optional<Row> row = look_up(id);
        if (key_(application_) == before) rows_[id] = row;
        return {std::move(row), false};
    }

private:
    std::optional<Row> look_up(const std::string& id) {
        sqlite3_bind_text(statement_, 1, id.c_str(), -1, SQLITE_TRANSIENT);
        const int code = sqlite3_step(statement_);
        const auto column = [&](int i) { return reinterpret_cast<const char*>(sqlite3_column_text(statement_, i)); };
        std::optional<Row> row;
        if (code == SQLITE_ROW) row = Row{.status = column(0), .file = column(1)};
        sqlite3_reset(statement_);
        if (code != SQLITE_ROW && code != SQLITE_DONE) throw catalog::CatalogBusy{};
        return row;
    }

    Application application_;
    sqlite3_stmt* statement_ = nullptr;
    Key key_;
    std::uint32_t valid_ = 0;
    std::unordered_map<std::string, std::optional<Row>> rows_;
};

Find keyed_by(KeyedCache::Key key) {
    return [cache = std::make_shared<KeyedCache>(std::move(key))](const std::string& id) { return cache->find(id); };
}

std::uint32_t max_frame(Application& application) {
    const volatile std::uint32_t* const header = application.wal_index();
    return header ? __atomic_load_n(header + 4, __ATOMIC_ACQUIRE) : 0;
}

std::uint32_t data_version(Application& application) {
    std::uint32_t version = 0;
    sqlite3_file_control(application.get(), "main", SQLITE_FCNTL_DATA_VERSION, &version);
    return version;
}

Find find_by(const std::string& cache) {
    if (cache == "reader") return reader();
    if (cache == "max-frame") return keyed_by(max_frame);
    if (cache == "data-version") return keyed_by(data_version);
    std::fprintf(stderr, "catalogue_fire: no such cache: %s\n", cache.c_str());
    _exit(EXIT_FAILURE);
}

/// Checks an answer; returns the oldest version that it may be of. `at_least` is that of an answer before.
std::uint64_t check(const std::optional<Row>& row, std::uint64_t published, std::uint64_t at_least,
                    std::uint64_t announced) {
    const std::uint64_t oldest = std::max(published, at_least);
    std::uint64_t version;
    if (row) {
        version = std::strtoull(row->status->c_str(), nullptr, 10);
        if (row->status != row->file) ++shared->torn;
        if (version % 3 == 0 || version > announced) ++shared->impossible;
    } else {
        // Absent it was at every third version, if that lies between the two.
        ++shared->absent;
        version = (oldest + 2) / 3 * 3;
        if (version > announced) version = announced / 3 * 3;
    }
    if (version < published)
        ++shared->stale;
    else if (version < at_least)
        ++shared->torn;
    return version;
}

/// Looks up both rows of a pair. Returns how many answers were remembered.
std::uint64_t look_up_pair(const Find& find, std::size_t pair, bool is_left_first) {
    std::uint64_t at_least = 0, remembered = 0;
    for (const char* const half : {is_left_first ? "left" : "right", is_left_first ? "right" : "left"}) {
        const std::uint64_t published = shared->published[pair];
        const Found found = find(id_of(pair, half));
        at_least = check(found.row, published, at_least, shared->announced[pair]);
        remembered += found.is_remembered ? 1 : 0;
    }
    return remembered;
}

/// Looks up until the time is over, or, of a cache that has to be caught, until it is.
void look_up(const std::string& cache, unsigned seed, Clock::time_point end) {
    Random random{seed};
    const Find find = find_by(cache);
    const bool has_to_be_caught = cache != "reader";
    while (Clock::now() < end && !shared->is_over) {
        std::uint64_t answers = 0, remembered = 0;
        for (int i = 0; i < 100; ++i) {
            try {
                remembered += look_up_pair(find, below(random, pairs), below(random, 2) == 0);
                answers += 2;
            } catch (const catalog::CatalogError& error) {
                // While the log is read again it may be locked for long.
                if (shared->errors++ == 0) std::fprintf(stderr, "%s\n", error.what());
            } catch (const catalog::CatalogBusy&) {
                ++shared->errors;
            }
        }
        shared->answers += answers;
        shared->remembered += remembered;
        if (has_to_be_caught && shared->stale + shared->torn > 0) return;
        // What happens when a file is replaced: all connections are opened anew.
        if (below(random, 500) == 0) {
            catalog::open_readers().close_all();
            ++shared->reopened;
        }
    }
}

void look_up_in_threads(const std::string& cache, std::chrono::duration<double> time) {
    if (!count_sqlite_locks()) give_up("count locks");
    const auto end = Clock::now() + std::chrono::duration_cast<Clock::duration>(time);
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < readers; ++i) threads.emplace_back([&, i] { look_up(cache, 1000 + i, end); });
    for (std::thread& thread : threads) thread.join();
}

// All of it

/// Begins a process that ends with this one. This one has no thread, and no connection that a child might inherit.
template <typename Function>
pid_t begin(Function&& function) {
    const pid_t parent = getpid(), child = fork();
    if (child < 0) give_up("fork");
    if (child > 0) return child;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(EXIT_FAILURE);
    function();
    _exit(EXIT_SUCCESS);
}

/// Returns whether a process came to its end by itself, and in order.
bool has_succeeded(int status) { return WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS; }

void print(const char* name, std::uint64_t number) {
    std::printf("%s\t%llu\n", name, static_cast<unsigned long long>(number));
}

void print_figures(std::uint64_t kills) {
    print("answers", shared->answers);
    print("remembered", shared->remembered);
    print("absent", shared->absent);
    print("errors", shared->errors);
    print("reopened", shared->reopened);
    print("stale", shared->stale);
    print("torn", shared->torn);
    print("impossible", shared->impossible);
    print("commits", shared->commits);
    print("rollbacks", shared->rollbacks);
    constexpr std::array modes{"passive", "full", "restart", "truncate"};
    for (std::size_t i = 0; i < modes.size(); ++i) print(modes[i], shared->checkpoints[i]);
    print("vacuums", shared->vacuums);
    print("kills", kills);
    print("recoveries", shared->recoveries);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) return EXIT_FAILURE;
    database = std::string{argv[1]} + "/catalog.db";
    const std::chrono::duration<double> time{std::atof(argv[2])};
    void* const memory = mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) give_up("mmap");
    shared = new (memory) Shared{};

    int status = 0;
    if (waitpid(begin(create), &status, 0) < 0 || !has_succeeded(status)) return EXIT_FAILURE;
    unsigned seed = 1;
    const auto begin_writer = [&] { begin([own = seed++] { write(own); }); };
    const pid_t looking = begin([&] { look_up_in_threads(argv[3], time); });
    for (int i = 0; i < writers; ++i) begin_writer();
    std::uint64_t kills = 0;
    bool is_in_order = true;
    for (pid_t ended; (ended = wait(&status)) > 0;) {
        const bool is_killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
        if (ended == looking) {
            shared->is_over = true;
            is_in_order &= has_succeeded(status);
        } else if (is_killed) {
            ++kills;
            if (!shared->is_over) begin_writer();
        } else {
            is_in_order &= has_succeeded(status);
            if (!is_in_order) shared->is_over = true;
        }
    }
    print_figures(kills);
    return is_in_order ? EXIT_SUCCESS : EXIT_FAILURE;
}
