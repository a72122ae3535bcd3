// Owns the tests of what a thread lends to the connection that it serves: devices, answers, films, its Handler.
// Does not watch over storage: devices are slow because the test says so.
// SPDX-License-Identifier: MIT
#include "engine/worker.h"

#include <sqlite3.h>

#include <boost/test/unit_test.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "catalog/writer.h"
#include "engine_fixture.h"
#include "failing_allocations.h"
#include "messages.h"
#include "temporary_folder.h"

namespace reelgate::engine {
namespace {

using namespace std::chrono_literals;

constexpr dev_t device = 7, other_device = 8;

/// Whom a thread serves, and who writes down that another thread has turned it away.
struct Served final : Waiting {
    void go_on(Worker&) noexcept override {}
    void turn_away() noexcept override { ++turned_away; }
    const void* film() const noexcept override { return nullptr; }
    bool has_news(bool) const noexcept override { return false; }

    int turned_away = 0;
};

/// A worker, and storage whose lanes start no threads, but count those that they want.
struct Fixture {
    Fixture() {
        // The watch ends at once: of it only what it was given stays.
        storage.start({.start = [this](Lane&) { ++started; }, .each = [](const auto&) {}, .replace = [](unsigned) {}});
        storage.stop();
        worker.storage = &storage;
        worker.serving = &served;
    }

    void make_slow(dev_t slow) { storage.lane_of(slow).note_slow(now(), now() + endless); }

    /// Does what a thread of the device does with all that waits in its lane.
    void serve_lane() {
        Lane& lane = storage.lane_of(device);
        Worker its_own;
        its_own.storage = &storage;
        its_own.lane = &lane;
        std::thread thread{[&] { lane.serve(its_own); }};
        BOOST_TEST(wait_until([&] { return closed > 0; }));
        lane.end();
        thread.join();
    }

    /// A film that says when, and where, it is closed.
    media::MediaFile film() {
        const auto close = [this](const posix::UniqueFd* fd) {
            visit_when_closed = worker.visit().lane;
            ++closed;
            delete fd;
        };
        media::MediaFile film;
        film.fd = {new posix::UniqueFd{}, close};
        film.device = device;
        return film;
    }

    std::atomic<int> started{0}, closed{0};
    Lane* visit_when_closed = nullptr;
    Served served;
    Worker worker;  // before the storage, whose lanes may close films at the end
    Storage storage{endless};
};

BOOST_AUTO_TEST_SUITE(engine_worker)

// Devices

struct EntryRow {
    std::string_view name;
    std::optional<dev_t> slow = {};
    std::optional<dev_t> lane = {};    ///< of the thread; none: it serves events
    std::optional<dev_t> before = {};  ///< it was in this one, and has left it
    bool may_enter;
};

const EntryRow entries[] = {
    {.name = "device_that_answers", .may_enter = true},
    {.name = "slow_device", .slow = device, .may_enter = false},
    {.name = "slow_device_by_a_thread_of_its_own", .slow = device, .lane = device, .may_enter = true},
    {.name = "slow_device_by_a_thread_of_another", .slow = device, .lane = other_device, .may_enter = true},
    {.name = "device_that_answers_by_a_thread_of_another", .lane = other_device, .may_enter = true},
    {.name = "device_beside_a_slow_one", .slow = other_device, .may_enter = true},
    {.name = "slow_device_after_one_that_answers", .slow = device, .before = other_device, .may_enter = false},
    {.name = "device_that_answers_after_a_slow_one", .slow = other_device, .before = other_device, .may_enter = true},
};

BOOST_AUTO_TEST_CASE(who_may_enter_a_device) {
    for (const EntryRow& row : entries) {
        BOOST_TEST_CONTEXT(row.name) {
            Fixture fixture;
            Worker& worker = fixture.worker;
            if (row.slow) fixture.make_slow(*row.slow);
            if (row.lane) worker.lane = &fixture.storage.lane_of(*row.lane);
            if (row.before) worker.enter(*row.before), worker.leave();
            BOOST_TEST(worker.enter(device) == row.may_enter);
            BOOST_TEST((worker.visit().lane == (row.may_enter ? &fixture.storage.lane_of(device) : nullptr)));
            worker.leave();
            BOOST_TEST((worker.visit().lane == nullptr));
        }
    }
}

BOOST_AUTO_TEST_CASE(one_thread_of_a_lane_at_a_time_may_open_films_on_another_slow_device) {
    Fixture fixture;
    fixture.make_slow(device);
    Lane& lane = fixture.storage.lane_of(other_device);
    Worker second;
    second.storage = &fixture.storage;
    fixture.worker.lane = second.lane = &lane;
    BOOST_TEST(!fixture.worker.enter_to_send(device));
    BOOST_TEST(fixture.worker.enter(device));
    BOOST_TEST(!second.enter(device));
    BOOST_TEST(second.enter(other_device));
    second.leave();
    fixture.worker.leave();
    BOOST_TEST(second.enter(device));
    second.leave();
}

BOOST_AUTO_TEST_CASE(no_thread_of_another_lane_may_enter_a_device_that_hangs) {
    Fixture fixture;
    const CapturedStderr captured;
    Lane& hung = fixture.storage.lane_of(device);
    fixture.make_slow(device);
    hung.judge(now() + 1h, 1s);
    BOOST_TEST_REQUIRE(hung.is_hung());
    fixture.worker.lane = &fixture.storage.lane_of(other_device);
    BOOST_TEST(!fixture.worker.enter(device));
}

BOOST_AUTO_TEST_CASE(device_that_was_slow_may_be_entered_again) {
    Fixture fixture;
    fixture.storage.lane_of(device).note_slow(now() - 2h, now() - 1h);
    BOOST_TEST(fixture.worker.enter(device));
}

BOOST_AUTO_TEST_CASE(visit_begins_when_the_device_is_entered) {
    Fixture fixture;
    const auto before = now();
    fixture.worker.enter(device);
    BOOST_TEST((fixture.worker.visit().since >= before));
    fixture.worker.leave();
    const auto between = now();
    fixture.worker.enter(device);
    BOOST_TEST((fixture.worker.visit().since >= between));
}

BOOST_AUTO_TEST_CASE(leaving_a_device_is_an_answer_of_it) {
    Fixture fixture;
    Lane& lane = fixture.storage.lane_of(device);
    fixture.worker.lane = &lane;
    fixture.worker.enter(device);
    const auto begin = now();
    lane.note_slow(begin - 1h, begin);
    fixture.worker.leave();
    lane.judge(now(), 30min);
    BOOST_TEST(!lane.is_hung());
}

BOOST_AUTO_TEST_CASE(thread_without_storage_may_touch_every_device) {
    Worker worker;
    BOOST_TEST(worker.enter(device));
    BOOST_TEST((worker.visit().lane == nullptr));
    worker.leave();
}

BOOST_AUTO_TEST_CASE(device_is_left_after_what_was_done_there) {
    Fixture fixture;
    Worker& worker = fixture.worker;
    worker.enter(device);
    const Lane* const meanwhile = worker.leaving([&] { return worker.visit().lane; });
    BOOST_TEST((meanwhile == &fixture.storage.lane_of(device)));
    BOOST_TEST((worker.visit().lane == nullptr));
}

BOOST_AUTO_TEST_CASE(device_is_left_after_a_failure_there) {
    Fixture fixture;
    Worker& worker = fixture.worker;
    worker.enter(device);
    BOOST_CHECK_THROW(worker.leaving([] { throw std::runtime_error{"it"}; }), std::runtime_error);
    BOOST_TEST((worker.visit().lane == nullptr));
}

// The catalogue

BOOST_AUTO_TEST_CASE(thread_in_a_device_is_not_in_the_catalogue_any_more) {
    for (const bool is_slow : {false, true}) {
        BOOST_TEST_CONTEXT((is_slow ? "that is slow" : "that answers")) {
            Fixture fixture;
            Worker& worker = fixture.worker;
            std::atomic<unsigned> all{3};
            if (is_slow) fixture.make_slow(device);
            worker.enter_catalog(all);
            BOOST_TEST(all == 4u);
            BOOST_TEST((worker.in_catalog_since() > 0s));
            worker.enter(device);
            BOOST_TEST(all == 3u);
            BOOST_TEST((worker.in_catalog_since() == 0s));
            worker.leave_catalog();
            BOOST_TEST(all == 3u);
        }
    }
}

// Answers

/// What a thread meets while it asks for an answer, and what becomes of that.
struct AskRow {
    std::string_view name;
    bool is_held = false;  ///< the watch turns its connection away meanwhile
    bool is_slow = false;  ///< the device of the film
    bool fails = false;
    std::string_view outcome;
    int turned_away = 0;
    int closed = 0;
    int started = 0;  ///< threads of the device, which close the film
};

const AskRow asks[] = {
    {.name = "answer_comes", .outcome = "answer"},
    {.name = "answer_comes_too_late", .is_held = true, .outcome = "lost", .turned_away = 1, .closed = 1},
    {.name = "answer_comes_too_late_and_its_device_is_slow", .is_held = true, .is_slow = true, .outcome = "lost",
     .turned_away = 1, .started = 1},
    {.name = "asking_fails", .fails = true, .outcome = "failure"},
    {.name = "asking_fails_too_late", .is_held = true, .fails = true, .outcome = "lost", .turned_away = 1},
};

BOOST_AUTO_TEST_CASE(what_becomes_of_an_answer) {
    for (const AskRow& row : asks) {
        BOOST_TEST_CONTEXT(row.name) {
            Fixture fixture;
            Worker& worker = fixture.worker;
            worker.answer = [&](const http::Request&, Clock::duration) -> std::variant<Answer, Busy> {
                // Twice, as the watch does while the thread stays where it is.
                for (int i = 0; row.is_held && i < 2; ++i) worker.turn_away();
                if (row.is_slow) fixture.make_slow(device);
                if (row.fails) throw std::runtime_error{"it"};
                return Answer{{}, fixture.film(), {}};
            };
            std::optional<std::variant<Answer, Busy>> result;
            std::string outcome;
            try {
                result = worker.ask({}, 0s);
                outcome = result ? "answer" : "lost";
            } catch (const std::runtime_error&) {
                outcome = "failure";
            }
            BOOST_TEST(outcome == row.outcome);
            BOOST_TEST(fixture.served.turned_away == row.turned_away);
            worker.close_films();
            BOOST_TEST(fixture.closed == row.closed);
            BOOST_TEST(fixture.started == row.started);
            // The next one is its own again.
            worker.turn_away();
            BOOST_TEST(fixture.served.turned_away == row.turned_away);
        }
    }
}

BOOST_AUTO_TEST_CASE(busy_that_comes_too_late_is_lost) {
    Fixture fixture;
    fixture.worker.answer = [&](const http::Request&, Clock::duration) {
        fixture.worker.turn_away();
        return Busy{};
    };
    BOOST_TEST(!fixture.worker.ask({}, 0s).has_value());
}

BOOST_AUTO_TEST_CASE(thread_that_was_held_asks_for_the_next_as_before) {
    Fixture fixture;
    bool is_held = true;
    fixture.worker.answer = [&](const http::Request&, Clock::duration) {
        if (is_held) fixture.worker.turn_away();
        return Busy{};
    };
    fixture.worker.ask({}, 0s);
    is_held = false;
    BOOST_TEST(fixture.worker.ask({}, 0s).has_value());
}

BOOST_AUTO_TEST_CASE(request_and_its_age_are_handed_on) {
    Fixture fixture;
    fixture.worker.answer = [](const http::Request& request, Clock::duration age) -> std::variant<Answer, Busy> {
        BOOST_TEST(request.target == "/it");
        BOOST_TEST((age == 3s));
        return Busy{};
    };
    fixture.worker.ask({.method = "GET", .target = "/it"}, 3s);
}

BOOST_AUTO_TEST_CASE(thread_that_asks_nothing_is_not_turned_away) {
    Fixture fixture;
    fixture.worker.turn_away();
    BOOST_TEST(fixture.served.turned_away == 0);
}

// Films

struct DropRow {
    std::string_view name;
    bool is_slow = false;
    bool is_by_a_thread_of_it = false;
    bool is_closed_here = false;
};

const DropRow drops[] = {
    {.name = "device_that_answers", .is_closed_here = true},
    {.name = "slow_device", .is_slow = true, .is_closed_here = false},
    {.name = "slow_device_by_a_thread_of_its_own", .is_slow = true, .is_by_a_thread_of_it = true,
     .is_closed_here = true},
};

BOOST_AUTO_TEST_CASE(film_is_closed_where_that_may_block) {
    for (const DropRow& row : drops) {
        BOOST_TEST_CONTEXT(row.name) {
            Fixture fixture;
            Lane& lane = fixture.storage.lane_of(device);
            if (row.is_slow) fixture.make_slow(device);
            if (row.is_by_a_thread_of_it) fixture.worker.lane = &lane;
            fixture.worker.drop(fixture.film());
            // The connection goes on first.
            BOOST_TEST(fixture.closed == 0);
            BOOST_TEST(fixture.started == 0);
            fixture.worker.close_films();
            BOOST_TEST(fixture.closed == (row.is_closed_here ? 1 : 0));
            BOOST_TEST(fixture.started == (row.is_closed_here ? 0 : 1));
            // The watch can see a closing that blocks.
            BOOST_TEST((fixture.visit_when_closed == (row.is_closed_here ? &lane : nullptr)));
            BOOST_TEST((fixture.worker.visit().lane == nullptr));
            if (!row.is_closed_here) fixture.serve_lane();
            BOOST_TEST(fixture.closed == 1);
        }
    }
}

BOOST_AUTO_TEST_CASE(where_there_is_no_film_no_device_is_entered) {
    Fixture fixture;
    std::atomic<unsigned> all{0};
    fixture.worker.enter_catalog(all);
    fixture.worker.drop(std::nullopt);
    BOOST_TEST(all == 1u);
}

BOOST_AUTO_TEST_CASE(film_is_closed_even_without_memory) {
    bool is_left = false;
    for (const bool is_slow : {false, true}) {
        bool has_failed = true;
        for (unsigned before = 0; has_failed; ++before) {
            BOOST_TEST_CONTEXT((is_slow ? "slow, " : "well, ") << before << " before") {
                Fixture fixture;
                if (is_slow) fixture.make_slow(device);
                std::optional<media::MediaFile> film = fixture.film();
                {
                    const FailingAllocations failing{before};
                    fixture.worker.drop(std::exchange(film, std::nullopt));
                    fixture.worker.close_films();
                    has_failed = failing.has_failed();
                }
                BOOST_TEST((fixture.worker.visit().lane == nullptr));
                // Where that may block it is left to a thread that can have it closed.
                if (is_slow) BOOST_TEST(fixture.closed == 0);
                media::Unused unused;
                fixture.worker.take_unused(unused);
                is_left = is_left || !unused.files.empty();
                for (media::MediaFile& left : unused.files) fixture.storage.lane_of(device).drop(left.fd);
                if (fixture.closed == 0) fixture.serve_lane();
                BOOST_TEST(fixture.closed == 1);
            }
        }
    }
    BOOST_TEST(is_left);
}

// The Handler

/// A catalogue and its videos, as `reelgate init` makes them.
struct Volume {
    Volume() {
        catalog::create(settings.places.database);
        catalog::Writer writer{settings.places.database};
        const auto transaction = writer.begin();
        writer.insert({.id = "film", .status = "complete"});
        writer.commit();
        folder.write("videos/film.mp4", "film");
    }

    TemporaryFolder folder;
    HandlerSettings settings = settings_in(folder);
};

/// Calls a function when a database is closed that was opened meanwhile.
class WatchedDatabases {
public:
    explicit WatchedDatabases(std::function<void()> function) {
        when_closed = std::move(function);
        sqlite3_auto_extension(reinterpret_cast<void (*)()>(install));
    }
    WatchedDatabases(const WatchedDatabases&) = delete;
    WatchedDatabases& operator=(const WatchedDatabases&) = delete;
    ~WatchedDatabases() { sqlite3_cancel_auto_extension(reinterpret_cast<void (*)()>(install)); }

private:
    static int install(sqlite3* database, char**, const sqlite3_api_routines*) {
        // SQLite tells a function of its own when the database is closed, and with it the function.
        const auto call = [](sqlite3_context*, int, sqlite3_value**) {};
        return sqlite3_create_function_v2(database, "watch", 0, SQLITE_UTF8, nullptr, call, nullptr, nullptr,
                                          [](void*) { when_closed(); });
    }

    static inline std::function<void()> when_closed;
};

BOOST_AUTO_TEST_CASE(closing_what_an_old_handler_had_open_keeps_nobody_waiting) {
    const Volume volume;
    Worker worker;
    std::atomic<bool> was_free{false};
    std::thread watch;
    const WatchedDatabases watched{[&] {
        // As the watch over storage does.
        watch = std::thread{[&] {
            media::Unused unused;
            worker.take_unused(unused);
            was_free = true;
        }};
        BOOST_TEST(wait_until([&] { return was_free.load(); }));
    }};
    worker.replace_handler(std::make_unique<Handler>(volume.settings));
    worker.handler().answer({.method = "GET", .target = "/film"});
    worker.replace_handler(std::make_unique<Handler>(volume.settings));
    BOOST_TEST_REQUIRE(watch.joinable());
    watch.join();
    BOOST_TEST(worker.has_handler());
}

BOOST_AUTO_TEST_CASE(thread_without_a_handler_has_nothing_to_let_go) {
    Worker worker;
    BOOST_TEST(!worker.has_handler());
    media::Unused unused;
    worker.take_unused(unused);
    worker.take_films(unused.files);
    BOOST_TEST((unused.folders.empty() && unused.files.empty()));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::engine
