// Owns the tests of the watch over storage: what it finds, whom it turns away, what it says, when it sleeps.
// Does not touch a device: threads are held in one as if it did not answer.
// SPDX-License-Identifier: MIT
#include "engine/storage.h"

#include <sys/syscall.h>
#include <sys/types.h>

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <fstream>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "catalog/writer.h"
#include "engine/worker.h"
#include "engine_fixture.h"
#include "messages.h"
#include "temporary_folder.h"

namespace reelgate::engine {
namespace {

using namespace std::chrono_literals;

constexpr dev_t device = 7, other_device = 8;
const std::string hangs = "reelgate: error: storage: device 0:7: does not answer: its films get 503 until it does\n";
const std::string answers = "reelgate: notice: storage: device 0:7: answers again\n";

/// Who waits for a device, and notes what was said when it was turned away. Outlives the storage.
struct Waiter final : Waiting {
    explicit Waiter(const CapturedStderr& captured) : log(captured) {}

    void go_on(Worker&) noexcept override { has_gone_on = true; }
    void turn_away() noexcept override {
        said_before = log.text();
        is_turned_away = true;
    }
    const void* film() const noexcept override { return nullptr; }
    bool has_news(bool) const noexcept override { return false; }

    const CapturedStderr& log;
    std::string said_before;
    std::atomic<bool> has_gone_on{false}, is_turned_away{false};
};

/// Storage whose threads the test starts, and counts.
class Fixture {
    std::list<Hold> holds_;  // threads may be in these until the end

public:
    explicit Fixture(std::chrono::seconds timeout) : storage(timeout) {
        storage.start({.start = [this](Lane& lane) { start_thread(lane); },
                       .each =
                           [this](const auto& look) {
                               const std::lock_guard lock{mutex_};
                               for (Worker& worker : workers_) look(worker);
                           },
                       .replace =
                           [this](unsigned count) {
                               watch = gettid();
                               held = count;
                               if (when_looking) when_looking(looks + 1);
                               ++looks;
                           }});
    }
    Fixture(const Fixture&) = delete;
    Fixture& operator=(const Fixture&) = delete;
    ~Fixture() {
        for (Hold& hold : holds_) hold.open();
        storage.stop();
        for (std::thread& thread : threads_) thread.join();
    }

    Hold& add_hold() { return holds_.emplace_back(); }

    /// Adds a worker, which the watch looks at from now on.
    Worker& add_worker(Lane* lane = nullptr) {
        const std::lock_guard lock{mutex_};
        Worker& worker = workers_.emplace_back();
        worker.storage = &storage;
        worker.lane = lane;
        return worker;
    }

    template <typename Function>
    void begin(Function function) {
        const std::lock_guard lock{mutex_};
        threads_.emplace_back(std::move(function));
    }

    /// Has a thread enter a device, and held in it.
    Hold& hold_in(dev_t which, Lane* lane = nullptr) {
        Hold& hold = add_hold();
        Worker& worker = add_worker(lane);
        begin([&hold, &worker, which] {
            worker.enter(which);
            hold.pass();
            worker.leave();
        });
        BOOST_TEST_REQUIRE(hold.holds(1));
        return hold;
    }

    /// Waits until the watch has looked `count` times more from beginning to end.
    bool waits_for_looks(unsigned count) {
        const unsigned before = looks;
        return wait_until([&] { return looks > before + count; });
    }

    /// What becomes of a thread that a lane wants.
    enum class Lanes {
        unserved,  ///< it does nothing
        without,   ///< there is none
        served,
    };

    std::atomic<Lanes> lanes{Lanes::unserved};
    std::atomic<int> started{0};
    std::atomic<unsigned> looks{0}, held{0};
    std::atomic<pid_t> watch{0};
    std::function<void(unsigned)> when_looking;  ///< called in each look, with its number; set before it begins
    Storage storage;

private:
    void start_thread(Lane& lane) {
        ++started;
        if (lanes == Lanes::without) throw std::runtime_error{"no thread"};
        if (lanes == Lanes::served) begin([&lane, &worker = add_worker(&lane)] { lane.serve(worker); });
    }

    std::mutex mutex_;
    std::list<Worker> workers_;
    std::vector<std::thread> threads_;
};

bool is_said(const CapturedStderr& captured, const std::string& text) {
    return wait_until([&] { return contains(captured.text(), text); });
}

BOOST_AUTO_TEST_SUITE(engine_storage)

// What it says

BOOST_AUTO_TEST_CASE(beginning_and_end_of_a_hang_are_said_once_each) {
    const CapturedStderr captured;
    Fixture fixture{0s};
    Hold& hold = fixture.hold_in(device);
    BOOST_TEST(is_said(captured, hangs));
    BOOST_TEST(fixture.waits_for_looks(5));
    BOOST_TEST(captured.text() == hangs);
    hold.open();
    BOOST_TEST(is_said(captured, answers));
    BOOST_TEST(fixture.waits_for_looks(5));
    BOOST_TEST(captured.text() == hangs + answers);
}

BOOST_AUTO_TEST_CASE(device_that_is_slow_is_no_news) {
    const CapturedStderr captured;
    Fixture fixture{endless};
    fixture.hold_in(device);
    BOOST_TEST(wait_until([&] { return fixture.held == 1; }));
    BOOST_TEST(fixture.waits_for_looks(5));
    BOOST_TEST(fixture.storage.lane_of(device).is_slow(now()));
    BOOST_TEST(fixture.storage.hung().empty());
    BOOST_TEST(captured.text() == "");
}

BOOST_AUTO_TEST_CASE(requests_are_turned_away_before_anything_is_said) {
    const CapturedStderr captured;
    Waiter queued{captured}, held{captured};
    std::atomic<bool> is_lost{false};
    Fixture fixture{0s};
    Lane& lane = fixture.storage.lane_of(device);
    lane.wait(queued, Waiting::For::opening);

    Hold& hold = fixture.add_hold();
    Worker& worker = fixture.add_worker();
    worker.serving = &held;
    worker.answer = [&](const http::Request&, Clock::duration) {
        worker.enter(device);
        hold.pass();
        worker.leave();
        return Busy{};
    };
    fixture.begin([&] { is_lost = !worker.ask({}, 0s).has_value(); });

    BOOST_TEST(is_said(captured, hangs));
    BOOST_TEST(queued.is_turned_away);
    BOOST_TEST(held.is_turned_away);
    BOOST_TEST(queued.said_before == "");
    BOOST_TEST(held.said_before == "");
    hold.open();
    BOOST_TEST(wait_until([&] { return is_lost.load(); }));
}

BOOST_AUTO_TEST_CASE(request_that_is_held_for_less_than_the_timeout_is_not_turned_away) {
    const CapturedStderr captured;
    Waiter held{captured};
    std::atomic<bool> has_answer{false};
    Fixture fixture{endless};
    Hold& hold = fixture.add_hold();
    Worker& worker = fixture.add_worker();
    worker.serving = &held;
    worker.answer = [&](const http::Request&, Clock::duration) {
        worker.enter(device);
        hold.pass();
        worker.leave();
        return Busy{};
    };
    fixture.begin([&] { has_answer = worker.ask({}, 0s).has_value(); });
    BOOST_TEST(wait_until([&] { return fixture.held == 1; }));
    BOOST_TEST(fixture.waits_for_looks(5));
    BOOST_TEST(!held.is_turned_away);
    hold.open();
    BOOST_TEST(wait_until([&] { return has_answer.load(); }));
}

// What it finds

BOOST_AUTO_TEST_CASE(threads_of_a_device_are_not_replaced) {
    const CapturedStderr captured;
    Fixture fixture{endless};
    Hold& hold = fixture.hold_in(device);
    fixture.hold_in(device, &fixture.storage.lane_of(device));
    const auto both = now();
    BOOST_TEST(wait_until([&] { return now() - both > Lane::slow_operation; }));
    BOOST_TEST(fixture.waits_for_looks(2));
    BOOST_TEST(fixture.held == 1u);
    hold.open();
    BOOST_TEST(wait_until([&] { return fixture.held == 0; }));
}

BOOST_AUTO_TEST_CASE(folders_that_hang_are_told_with_who_waits_for_them) {
    const CapturedStderr captured;
    Waiter first{captured}, second{captured};
    Fixture fixture{0s};
    Lane& lane = fixture.storage.lane_of(device);
    const auto before = now();
    lane.wait(first, Waiting::For::sending);
    lane.wait(second, Waiting::For::sending);
    BOOST_TEST(fixture.storage.hung().empty());
    Hold& hold = fixture.hold_in(device);
    BOOST_TEST(is_said(captured, hangs));
    const auto hung = fixture.storage.hung();
    BOOST_TEST_REQUIRE(hung.size() == 1u);
    BOOST_TEST(hung[0].folder == "device 0:7");
    BOOST_TEST(hung[0].waiting == 3u);
    BOOST_TEST((hung[0].time > 0s));
    BOOST_TEST((hung[0].time <= now() - before));
    hold.open();
    BOOST_TEST(is_said(captured, answers));
    BOOST_TEST(fixture.storage.hung().empty());
}

BOOST_AUTO_TEST_CASE(each_device_is_judged_by_itself) {
    const CapturedStderr captured;
    Fixture fixture{0s};
    Hold& hold = fixture.hold_in(device);
    BOOST_TEST(is_said(captured, hangs));
    Worker& worker = fixture.add_worker();
    BOOST_TEST(!worker.enter(device));
    BOOST_TEST(worker.enter(other_device));
    worker.leave();
    BOOST_TEST((&fixture.storage.lane_of(device) == &fixture.storage.lane_of(device)));
    BOOST_TEST((&fixture.storage.lane_of(device) != &fixture.storage.lane_of(other_device)));
    hold.open();
}

BOOST_AUTO_TEST_CASE(new_timeout_holds_for_those_who_are_held_already) {
    const CapturedStderr captured;
    Fixture fixture{endless};
    fixture.hold_in(device);
    BOOST_TEST(wait_until([&] { return fixture.held == 1; }));
    BOOST_TEST(captured.text() == "");
    fixture.storage.set_timeout(0s);
    BOOST_TEST(is_said(captured, hangs));
}

// When it sleeps

/// Returns whether a thread waits without a limit of time: its fourth argument of futex(2) is null.
bool is_asleep(pid_t thread) {
    std::ifstream file{"/proc/self/task/" + std::to_string(thread) + "/syscall"};
    std::string call, words, value, timeout;
    file >> call >> words >> words >> value >> timeout;
    return call == std::to_string(SYS_futex) && timeout == "0x0";
}

/// A thread that has opened a film, and keeps its folder open.
struct Viewer {
    explicit Viewer(Fixture& fixture) : worker(fixture.add_worker()) {
        catalog::create(settings.places.database);
        {
            catalog::Writer writer{settings.places.database};
            const auto transaction = writer.begin();
            writer.insert({.id = "film", .status = "complete"});
            writer.commit();
        }
        folder.write("videos/film.mp4", "film");
        worker.replace_handler(std::make_unique<Handler>(settings));
        const auto answer = worker.handler().answer({.method = "GET", .target = "/film"}, {}, &worker);
        BOOST_TEST(answer.response.status == 200);
    }

    /// Returns whether a descriptor of this process leads to the folder.
    bool has_open() const {
        for (const auto& entry : std::filesystem::directory_iterator{"/proc/self/fd"}) {
            std::error_code ignored;
            if (std::filesystem::read_symlink(entry, ignored) == settings.places.videos.front()) return true;
        }
        return false;
    }

    TemporaryFolder folder;
    HandlerSettings settings = settings_in(folder);
    Worker& worker;
};

/// Looks after which it sleeps, if it finds nothing.
constexpr unsigned looks_until_sleep = 21;

/// Takes six seconds, since that is how long a folder stays open.
BOOST_AUTO_TEST_CASE(watch_lets_go_of_folders_and_sleeps_once_nobody_is_in_a_device) {
    const CapturedStderr captured;
    Fixture fixture{endless}, late{endless};
    fixture.lanes = Fixture::Lanes::served;

    // One that enters a device while the watch looks for the last time, and finds nobody there.
    Hold& hold = late.add_hold();
    Worker& worker = late.add_worker();
    late.when_looking = [&](unsigned number) {
        if (number != looks_until_sleep) return;
        late.begin([&] {
            worker.enter(device);
            hold.pass();
            worker.leave();
        });
        hold.holds(1);
    };
    late.storage.watch();

    const Viewer viewer{fixture};
    BOOST_TEST(viewer.has_open());
    const auto is_fast_asleep = [&] { return fixture.watch != 0 && is_asleep(fixture.watch); };
    BOOST_TEST((wait_until(is_fast_asleep) || wait_until(is_fast_asleep)));
    BOOST_TEST(!viewer.has_open());
    BOOST_TEST(fixture.looks >= looks_until_sleep);

    BOOST_TEST(wait_until([&] { return late.held == 1; }));
    BOOST_TEST(late.looks > looks_until_sleep);

    // It wakes for the next.
    fixture.hold_in(device);
    BOOST_TEST(wait_until([&] { return fixture.held == 1; }));
}

BOOST_AUTO_TEST_CASE(watch_closes_nothing_itself_and_does_not_sleep_until_all_is_closed) {
    const CapturedStderr captured;
    Fixture fixture{endless};
    fixture.lanes = Fixture::Lanes::without;
    const Viewer viewer{fixture};
    // More often than the film and its folder need.
    BOOST_TEST(wait_until([&] { return fixture.started >= 8; }));
    BOOST_TEST(viewer.has_open());
    fixture.lanes = Fixture::Lanes::served;
    BOOST_TEST(wait_until([&] { return !viewer.has_open(); }));
    BOOST_TEST(wait_until([&] { return is_asleep(fixture.watch); }));
}

BOOST_AUTO_TEST_CASE(watch_sleeps_until_a_thread_enters_a_device) {
    Fixture fixture{endless};
    Worker& worker = fixture.add_worker();
    worker.enter(device);
    BOOST_TEST(fixture.waits_for_looks(1));
}

// Its end

BOOST_AUTO_TEST_CASE(threads_of_devices_end_with_it_whoever_still_waits) {
    const CapturedStderr captured;
    Fixture fixture{endless};
    Lane& lane = fixture.storage.lane_of(device);
    Hold& hold = fixture.add_hold();
    struct Held final : Waiting {
        explicit Held(Hold& its) : where(its) {}
        void go_on(Worker&) noexcept override { where.pass(); }
        void turn_away() noexcept override {}
        const void* film() const noexcept override { return nullptr; }
    bool has_news(bool) const noexcept override { return false; }
        Hold& where;
    } first{hold};
    Waiter second{captured};
    lane.wait(first, Waiting::For::opening);
    lane.wait(second, Waiting::For::opening);
    Worker worker;
    std::thread thread{[&] { lane.serve(worker); }};
    BOOST_TEST(hold.holds(1));
    fixture.storage.stop();
    hold.open();
    thread.join();
    BOOST_TEST(!second.has_gone_on);
    BOOST_TEST(lane.waiting() == 1u);
}

BOOST_AUTO_TEST_CASE(watch_ends_while_a_device_hangs) {
    const CapturedStderr captured;
    Fixture fixture{0s};
    fixture.hold_in(device);
    BOOST_TEST(is_said(captured, hangs));
    fixture.storage.stop();
    BOOST_TEST(wait_until([&] { return !is_alive(fixture.watch); }));
    // A server that could not wait for its threads stops it again.
    fixture.storage.stop();
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::engine
