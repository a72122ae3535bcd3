// Owns the tests of the engine's threads: how many there are, which take the place of others, what they answer with.
// Does not test what a Handler answers.
// SPDX-License-Identifier: MIT
#include "engine/workers.h"

#include <sqlite3.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/writer.h"
#include "child_process.h"
#include "engine_fixture.h"
#include "fail_test.h"
#include "failing_allocations.h"
#include "messages.h"
#include "temporary_folder.h"

namespace reelgate::engine {
namespace {

using namespace std::chrono_literals;

constexpr std::array<dev_t, 4> devices{7, 8, 9, 10};
constexpr dev_t device = devices[0];

/// An engine that counts the workers that it makes.
struct CountedWorkers {
    explicit CountedWorkers(unsigned threads, std::chrono::seconds storage_timeout = endless)
        : engine(threads, storage_timeout, {}, [this](Worker& worker) {
              if (is_refused) throw std::runtime_error{"no worker"};
              ++made;
              worker.admit = [] { return Viewers::Seat{}; };
          }) {}

    std::atomic<int> made{0};
    std::atomic<bool> is_refused{false};
    Engine engine;
};

/// Returns whether `count` threads can be on an errand at a time.
bool can_serve(Engine& engine, unsigned count) {
    Hold& hold = engine.add_hold();
    for (unsigned i = 0; i < count; ++i) engine.send([&hold](Worker&) { hold.pass(); });
    const bool can = hold.holds(count);
    hold.open();
    return can;
}

/// Waits in the lane of a device, and notes whose thread it goes on in.
struct Waiter final : Waiting {
    void go_on(Worker& worker) noexcept override { its_worker = &worker; }
    void turn_away() noexcept override {}
    const void* film() const noexcept override { return nullptr; }
    bool has_news(bool) const noexcept override { return false; }

    std::atomic<Worker*> its_worker{nullptr};
};

BOOST_AUTO_TEST_SUITE(engine_workers)

// How many there are

BOOST_AUTO_TEST_CASE(as_many_threads_serve_as_are_configured) {
    for (const int count : {1, 2, 5}) {
        BOOST_TEST_CONTEXT(count) {
            CountedWorkers workers{static_cast<unsigned>(count)};
            workers.engine.workers.start();
            BOOST_TEST(workers.made == count);
            BOOST_TEST(can_serve(workers.engine, static_cast<unsigned>(count)));
        }
    }
}

BOOST_AUTO_TEST_CASE(thread_that_storage_holds_is_replaced_until_it_comes_back) {
    CountedWorkers workers{2};
    Engine& engine = workers.engine;
    engine.workers.start();
    Hold& hold = engine.add_hold();
    const Errand& held = engine.send([&](Worker& worker) {
        worker.enter(device);
        hold.pass();
        worker.leave();
    });
    BOOST_TEST_REQUIRE(wait_until([&] { return workers.made == 3; }));

    // Two others serve meanwhile.
    Hold& both = engine.add_hold();
    const auto pass = [&](Worker&) { both.pass(); };
    Errand& first = engine.send(pass);
    Errand& second = engine.send(pass);
    BOOST_TEST_REQUIRE(both.holds(2));
    const std::array threads{held.thread(), first.thread(), second.thread()};
    both.open();
    hold.open();

    // One of the three ends, once it has had something to do; the others stay.
    BOOST_TEST(wait_until([&] {
        if (first.is_done()) first.repeat();
        return !std::all_of(threads.begin(), threads.end(), is_alive);
    }));
    BOOST_TEST(wait_until([&] { return first.is_done(); }));
    for (int i = 0; i < 20; ++i) {
        first.repeat();
        BOOST_TEST_REQUIRE(wait_until([&] { return first.is_done(); }));
    }
    BOOST_TEST(std::count_if(threads.begin(), threads.end(), is_alive) == 2);
    BOOST_TEST(can_serve(engine, 2));

    // The next that is needed gets its worker.
    Hold& next = engine.hold_in(devices[1]);
    BOOST_TEST(can_serve(engine, 2));
    next.open();
    BOOST_TEST(workers.made == 3);
}

BOOST_AUTO_TEST_CASE(each_device_that_hangs_has_its_threads_replaced) {
    const CapturedStderr captured;
    CountedWorkers workers{1, 0s};
    Engine& engine = workers.engine;
    engine.workers.start();
    for (const dev_t each : devices) engine.hold_in(each);
    // What the watch says it says after it has had threads replaced.
    BOOST_TEST(wait_until([&] {
        const std::string said = captured.text();
        return std::all_of(devices.begin(), devices.end(), [&](dev_t each) {
            return contains(said, "device 0:" + std::to_string(each) + ": does not answer");
        });
    }));
    BOOST_TEST(workers.made == std::size(devices) + 1);
}

BOOST_AUTO_TEST_CASE(thread_of_a_device_does_not_serve_events) {
    CountedWorkers workers{1};
    Engine& engine = workers.engine;
    engine.workers.start();
    Lane& lane = engine.storage.lane_of(device);
    Waiter waiter;
    lane.wait(waiter, Waiting::For::opening);
    BOOST_TEST_REQUIRE(wait_until([&] { return waiter.its_worker != nullptr; }));
    BOOST_TEST((waiter.its_worker.load()->lane == &lane));
    BOOST_TEST(workers.made == 2);
    Worker* serving = nullptr;
    const Errand& errand = engine.send([&](Worker& worker) { serving = &worker; });
    BOOST_TEST_REQUIRE(wait_until([&] { return errand.is_done(); }));
    BOOST_TEST((serving->lane == nullptr));
}

BOOST_AUTO_TEST_CASE(worker_has_all_that_its_thread_needs) {
    CountedWorkers workers{1};
    Engine& engine = workers.engine;
    engine.workers.start();
    bool is_whole = false;
    const Errand& errand = engine.send([&](Worker& worker) {
        is_whole = worker.storage == &engine.storage && !worker.buffer.empty() && worker.answer && worker.admit;
    });
    BOOST_TEST_REQUIRE(wait_until([&] { return errand.is_done(); }));
    BOOST_TEST(is_whole);
}

// Threads that cannot start

/// What goes wrong when a thread is started.
struct StartRow {
    std::string_view name;
    bool is_refused = false;
    std::optional<unsigned> allocation = {};  ///< the first that fails
};

/// Expects that a thread that could not start leaves no worker behind that lacks something, and that no thread is
/// counted that does not run. Returns whether it could not start.
bool check_start(const StartRow& row) {
    CountedWorkers workers{1};
    Engine& engine = workers.engine;
    engine.workers.start();
    Lane& lane = engine.storage.lane_of(device);
    Waiter first, second;
    bool has_failed = false;
    workers.is_refused = row.is_refused;
    try {
        std::optional<FailingAllocations> failing;
        if (row.allocation) failing.emplace(*row.allocation);
        lane.wait(first, Waiting::For::opening);
    } catch (const std::exception&) {
        has_failed = true;
    }
    workers.is_refused = false;
    lane.wait(second, Waiting::For::opening);
    BOOST_TEST_REQUIRE(wait_until([&] { return second.its_worker != nullptr; }));
    const Worker& worker = *second.its_worker;
    BOOST_TEST(!worker.buffer.empty());
    BOOST_TEST((worker.answer != nullptr));
    BOOST_TEST((worker.admit != nullptr));
    BOOST_TEST((worker.storage == &engine.storage));
    BOOST_TEST((worker.lane == &lane));
    if (has_failed) BOOST_TEST(workers.made == 2);
    BOOST_TEST(engine.end());
    return has_failed;
}

BOOST_AUTO_TEST_CASE(thread_that_cannot_start_leaves_nothing_behind) {
    BOOST_TEST_CONTEXT("worker is not to be had") {
        BOOST_TEST(check_start({.name = "refused", .is_refused = true}));
    }
    bool has_failed = true;
    unsigned count = 0;
    for (; has_failed; ++count)
        BOOST_TEST_CONTEXT("allocation " << count << " fails") {
            has_failed = check_start({.name = "without memory", .allocation = count});
        }
    BOOST_TEST(count > 2u);
}

// What they answer with

/// A catalogue and its videos, as `reelgate init` makes them.
struct Volume {
    explicit Volume(std::vector<std::string> films) {
        catalog::create(settings.places.database);
        for (const std::string& film : films) {
            catalog::Writer writer{settings.places.database};
            const auto transaction = writer.begin();
            writer.insert({.id = std::string{film}, .status = std::string{"complete"}});
            writer.commit();
            folder.write("videos/" + film + ".mp4", film);
        }
    }

    dev_t device() const {
        struct stat status;
        if (stat(settings.places.videos.front().c_str(), &status) != 0) fail_test("stat", "videos");
        return status.st_dev;
    }

    TemporaryFolder folder;
    HandlerSettings settings = settings_in(folder);
};

http::Request request_for(std::string_view target) { return {.method = "GET", .target = std::string{target}}; }

std::string describe(const std::variant<Answer, Busy>& result) {
    if (const auto* answer = std::get_if<Answer>(&result)) return std::to_string(answer->response.status);
    return std::get<Busy>(result).lane ? "busy: storage" : "busy: catalogue";
}

struct AnswerRow {
    std::string_view name;
    std::string_view target = "/film";
    bool is_locked = false;  ///< the catalogue
    bool is_slow = false;    ///< the storage
    Clock::duration age = 0s;
    std::string_view outcome;
};

const AnswerRow answers[] = {
    {.name = "film", .outcome = "200"},
    {.name = "film_that_nobody_knows", .target = "/other", .outcome = "404"},
    {.name = "catalogue_is_locked", .is_locked = true, .outcome = "busy: catalogue"},
    {.name = "catalogue_is_locked_for_almost_too_long", .is_locked = true, .age = catalog::lock_patience - 1ms,
     .outcome = "busy: catalogue"},
    {.name = "catalogue_is_locked_for_too_long", .is_locked = true, .age = catalog::lock_patience, .outcome = "503"},
    {.name = "storage_is_slow", .is_slow = true, .outcome = "busy: storage"},
    {.name = "storage_is_slow_for_long", .is_slow = true, .age = 1h, .outcome = "busy: storage"},
    {.name = "storage_is_slow_and_the_film_unknown", .target = "/other", .is_slow = true, .outcome = "404"},
};

BOOST_AUTO_TEST_CASE(what_a_request_is_answered_with) {
    const Volume volume{{"film"}};
    run_sqlite(volume.settings.places.database, "PRAGMA journal_mode = DELETE;");  // in which a writer locks readers out
    for (const AnswerRow& row : answers) {
        BOOST_TEST_CONTEXT(row.name) {
            const CapturedStderr captured;
            Engine engine{1, endless, volume.settings};
            Worker worker;
            worker.storage = &engine.storage;
            Lane& lane = engine.storage.lane_of(volume.device());
            if (row.is_slow) lane.note_slow(now(), now() + endless);
            SqliteShell other{volume.settings.places.database};
            if (row.is_locked) other.execute("BEGIN EXCLUSIVE;");
            const auto result = engine.workers.answer(request_for(row.target), row.age, worker);
            BOOST_TEST(describe(result) == row.outcome);
            if (row.outcome == "busy: storage") BOOST_TEST((std::get<Busy>(result).lane == &lane));
            BOOST_TEST((worker.in_catalog_since() == 0s));
            BOOST_TEST((worker.visit().lane == nullptr));
        }
    }
}

BOOST_AUTO_TEST_CASE(handler_stays_until_the_settings_change) {
    const Volume volume{{"film"}}, next{{"other"}};
    Engine engine{1, endless, volume.settings};
    Worker worker;
    worker.storage = &engine.storage;
    const auto status_of = [&](std::string_view target) {
        return describe(engine.workers.answer(request_for(target), 0s, worker));
    };
    BOOST_TEST(status_of("/film") == "200");
    const Handler* const first = &worker.handler();
    BOOST_TEST(status_of("/other") == "404");
    BOOST_TEST((&worker.handler() == first));
    engine.workers.change_handler(next.settings);
    BOOST_TEST((&worker.handler() == first));
    BOOST_TEST(status_of("/other") == "200");
    const Handler* const second = &worker.handler();
    BOOST_TEST((second != first));
    BOOST_TEST(status_of("/film") == "404");
    BOOST_TEST((&worker.handler() == second));
}

BOOST_AUTO_TEST_CASE(request_for_which_there_is_no_memory_leaves_its_thread_free) {
    const CapturedStderr captured;
    const Volume volume{{"film"}};
    bool has_failed = true;
    for (unsigned before = 0; has_failed; ++before) {
        BOOST_TEST_CONTEXT("after " << before) {
            Engine engine{1, endless, volume.settings};
            Worker worker;
            worker.storage = &engine.storage;
            const http::Request request = request_for("/film");
            try {
                const FailingAllocations failing{before};
                const auto result = engine.workers.answer(request, 0s, worker);
                has_failed = failing.has_failed();
            } catch (const std::bad_alloc&) {
                has_failed = true;
            }
            BOOST_TEST((worker.in_catalog_since() == 0s));
            BOOST_TEST((worker.visit().lane == nullptr));
            BOOST_TEST(describe(engine.workers.answer(request, 0s, worker)) == "200");
        }
    }
}

// Look-ups that take long

/// Has look-ups of databases that are opened meanwhile held, where the query asks for `pass(id, status)`: those of
/// "held", until the hold is opened.
class HeldLookUps {
public:
    explicit HeldLookUps(Hold& hold) {
        present = &hold;
        sqlite3_auto_extension(reinterpret_cast<void (*)()>(install));
    }
    HeldLookUps(const HeldLookUps&) = delete;
    HeldLookUps& operator=(const HeldLookUps&) = delete;
    ~HeldLookUps() { sqlite3_cancel_auto_extension(reinterpret_cast<void (*)()>(install)); }

    /// How many there were.
    static inline std::atomic<int> held{0};

    static constexpr const char* query = "SELECT pass(id, status) AS status FROM videos WHERE id = ?1";

private:
    static void pass(sqlite3_context* context, int, sqlite3_value** values) {
        const auto* const id = reinterpret_cast<const char*>(sqlite3_value_text(values[0]));
        if (id == std::string_view{"held"}) ++held, present.load()->pass();
        sqlite3_result_value(context, values[1]);
    }

    static int install(sqlite3* database, char**, const sqlite3_api_routines*) {
        return sqlite3_create_function(database, "pass", 2, SQLITE_UTF8, nullptr, pass, nullptr, nullptr);
    }

    static inline std::atomic<Hold*> present{nullptr};
};

struct LookUps {
    explicit LookUps(unsigned threads) : engine(threads, endless, with_query(volume.settings)) {
        engine.workers.start();
    }

    static HandlerSettings with_query(HandlerSettings settings) {
        settings.places.query = HeldLookUps::query;
        return settings;
    }

    /// An answer that a thread asks for, and what it has got.
    struct Asked {
        std::string outcome;
        Errand* errand = nullptr;
        std::atomic<Clock::duration> since{};
    };

    Asked& ask(std::string_view target) {
        Asked& asked = all.emplace_back();
        asked.errand = &engine.send([&asked, target](Worker& worker) {
            asked.since = now();
            asked.outcome = describe(worker.answer(request_for(target), 0s));
        });
        return asked;
    }

    static std::string outcome_of(Asked& asked) {
        return wait_until([&] { return asked.errand->is_done(); }) ? asked.outcome : "none";
    }

    static std::string next_outcome_of(Asked& asked) {
        asked.errand->repeat();
        return outcome_of(asked);
    }

    const Volume volume{{"film", "held"}};
    std::list<Asked> all;
    Engine engine;
    Hold& hold = engine.add_hold();
    const HeldLookUps held{hold};
};

BOOST_AUTO_TEST_CASE(where_look_ups_hold_all_other_threads_no_further_one_begins) {
    const CapturedStderr captured;
    LookUps look_ups{3};
    auto& first = look_ups.ask("/held");
    BOOST_TEST_REQUIRE(look_ups.hold.holds(1));
    auto& one = look_ups.ask("/film");
    BOOST_TEST(LookUps::outcome_of(one) == "200");
    // One that takes long leaves two.
    while (now() - first.since.load() < 100ms) BOOST_TEST_REQUIRE(LookUps::next_outcome_of(one) == "200");
    auto& second = look_ups.ask("/held");
    BOOST_TEST_REQUIRE(look_ups.hold.holds(2));
    BOOST_TEST(wait_until([&] { return LookUps::next_outcome_of(one) == "busy: catalogue"; }));
    look_ups.hold.open();
    BOOST_TEST(LookUps::outcome_of(first) != "none");
    BOOST_TEST(LookUps::outcome_of(second) != "none");
    BOOST_TEST(LookUps::next_outcome_of(one) == "200");
}

BOOST_AUTO_TEST_CASE(look_ups_that_begin_together_take_all_threads) {
    const CapturedStderr captured;
    bool are_both_held = false;
    // On a busy machine the second may begin when the first takes long already, and is refused.
    for (int i = 0; i < 50 && !are_both_held; ++i) {
        LookUps look_ups{2};
        const int before = HeldLookUps::held;
        const auto& first = look_ups.ask("/held");
        const auto& second = look_ups.ask("/held");
        const auto are_held = [&] { return HeldLookUps::held == before + 2; };
        BOOST_TEST(wait_until([&] { return are_held() || first.errand->is_done() || second.errand->is_done(); }));
        are_both_held = are_held();
    }
    BOOST_TEST(are_both_held);
}

BOOST_AUTO_TEST_CASE(only_thread_looks_up_what_it_is_asked) {
    LookUps look_ups{1};
    BOOST_TEST(LookUps::outcome_of(look_ups.ask("/film")) == "200");
}

// All of them

BOOST_AUTO_TEST_CASE(counts_of_all_threads_are_added) {
    Engine engine{2};
    engine.workers.start();
    Hold& hold = engine.add_hold();
    for (int i = 0; i < 2; ++i)
        engine.send([&](Worker& worker) {
            worker.tally.add(Counter::connections, 3);
            hold.pass();
        });
    BOOST_TEST_REQUIRE(hold.holds(2));
    Counts sum{};
    at(sum, Counter::connections) = 10;
    engine.workers.add_to(sum);
    BOOST_TEST(at(sum, Counter::connections) == 16u);
}

BOOST_AUTO_TEST_CASE(threads_are_waited_for) {
    Engine engine{2};
    engine.workers.start();
    Hold& hold = engine.hold_in(device);
    engine.loop.end();
    BOOST_TEST(!engine.workers.wait(1ms));
    hold.open();
    BOOST_TEST(engine.workers.wait(max_wait));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::engine
