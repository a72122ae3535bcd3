// Owns the tests of peers' deadlines: who is late, and when somebody looks.
// Does not cut off anybody.
// SPDX-License-Identifier: MIT
#include "engine/stall_watch.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/worker.h"
#include "engine_fixture.h"
#include "socket_pair.h"

namespace reelgate::engine {
namespace {

using namespace std::chrono_literals;

/// A connection that is at a situation since its peer's last progress.
struct Watched {
    explicit Watched(Situation situation, bool has_written = false) {
        if (has_written) BOOST_TEST(write(pair.connection.get(), "it", 2) == 2);
        view.note_progress();
        view.hand_over(situation);
    }

    SocketPair pair = pair_of_unix_sockets();
    ConnectionView view{pair.connection.get()};
};

/// Returns in how long the only timer of this process expires; nothing if it does not. Zero: it has expired.
std::optional<std::chrono::nanoseconds> timer() {
    for (const auto& entry : std::filesystem::directory_iterator{"/proc/self/fd"}) {
        std::error_code ignored;
        if (std::filesystem::read_symlink(entry, ignored) != "anon_inode:[timerfd]") continue;
        std::ifstream file{"/proc/self/fdinfo" / entry.path().filename()};
        std::string word;
        unsigned long ticks = 0, seconds = 0, nanoseconds = 0;
        while (file >> word) {
            char mark;
            if (word == "ticks:") file >> ticks;
            if (word == "it_value:") file >> mark >> seconds >> mark >> nanoseconds;
        }
        if (ticks == 0 && seconds == 0 && nanoseconds == 0) return std::nullopt;
        return std::chrono::seconds{seconds} + std::chrono::nanoseconds{nanoseconds};
    }
    return std::nullopt;
}

BOOST_AUTO_TEST_SUITE(engine_stall_watch)

// Who is late

struct LateRow {
    std::string_view name;
    std::chrono::seconds timeout = 1s;
    Situation situation;
    bool has_written = false;  ///< something that the peer has not taken
    bool is_late;              ///< in the end
};

const LateRow lates[] = {
    {.name = "request_or_answer_is_not_complete", .situation = Situation::waiting, .is_late = true},
    {.name = "answer_is_not_taken", .situation = Situation::waiting, .has_written = true, .is_late = true},
    {.name = "it_has_for_ever", .timeout = 0s, .situation = Situation::waiting, .is_late = false},
    {.name = "it_has_longer", .timeout = endless, .situation = Situation::waiting, .is_late = false},
    {.name = "a_thread_has_it", .situation = Situation::busy, .is_late = false},
    {.name = "first_request_has_not_come", .situation = Situation::fresh, .is_late = false},
    {.name = "next_request_has_not_come", .situation = Situation::idle, .is_late = false},
    {.name = "it_waits_for_catalogue_or_storage", .situation = Situation::parked, .is_late = false},
    {.name = "it_has_taken_everything_and_does_not_close", .timeout = endless, .situation = Situation::lingering,
     .is_late = true},
    {.name = "it_has_taken_everything_and_has_for_ever", .timeout = 0s, .situation = Situation::lingering,
     .is_late = true},
    {.name = "end_of_the_last_answer_is_not_taken", .situation = Situation::lingering, .has_written = true,
     .is_late = true},
    {.name = "end_of_the_last_answer_is_not_taken_and_it_has_longer", .timeout = endless,
     .situation = Situation::lingering, .has_written = true, .is_late = false},
};

BOOST_AUTO_TEST_CASE(who_is_late) {
    struct Judged {
        explicit Judged(const LateRow& its_row)
            : row(its_row), watch(loop, row.timeout, [] {}), watched(row.situation, row.has_written) {
            was_late_at_once = is_late();
        }

        const LateRow& row;
        EventLoop loop;
        StallWatch watch;
        Watched watched;
        bool is_late() { return watch.is_late(watched.view); }

        bool was_late_at_once = false;
    };
    std::list<Judged> all;
    for (const LateRow& row : lates) all.emplace_back(row);
    // The others have then done nothing for as long.
    for (Judged& judged : all)
        if (judged.row.is_late) BOOST_TEST(wait_until([&] { return judged.is_late(); }), judged.row.name);
    for (Judged& judged : all) {
        BOOST_TEST_CONTEXT(judged.row.name) {
            BOOST_TEST(!judged.was_late_at_once);
            BOOST_TEST(judged.is_late() == judged.row.is_late);
        }
    }
}

BOOST_AUTO_TEST_CASE(peer_that_takes_something_is_not_late) {
    EventLoop loop;
    StallWatch watch{loop, 1s, [] {}};
    Watched watched{Situation::waiting, true};
    BOOST_TEST(wait_until([&] { return watch.is_late(watched.view); }));
    char byte;
    BOOST_TEST(read(watched.pair.peer.get(), &byte, 1) == 1);
    BOOST_TEST(read(watched.pair.peer.get(), &byte, 1) == 1);
    BOOST_TEST(!watch.is_late(watched.view));
}

BOOST_AUTO_TEST_CASE(new_timeout_holds_for_those_who_are_waited_for_already) {
    EventLoop loop;
    StallWatch watch{loop, endless, [] {}};
    Watched watched{Situation::waiting};
    watch.set_timeout(1s);
    BOOST_TEST(wait_until([&] { return watch.is_late(watched.view); }));
    watch.set_timeout(0s);
    BOOST_TEST(!watch.is_late(watched.view));
}

// When somebody looks

using Event = std::function<void(StallWatch&)>;

Event watches(Situation situation) {
    return [situation](StallWatch& watch) { watch.watch(situation); };
}

Event sets_timeout(std::chrono::seconds timeout) {
    return [timeout](StallWatch& watch) { watch.set_timeout(timeout); };
}

void looks(StallWatch& watch) { watch.begin_look(); }

struct LookRow {
    std::string_view name;
    std::chrono::seconds timeout = 800s;
    std::vector<Event> events;
    std::optional<std::chrono::nanoseconds> within = {};  ///< somebody looks; nothing: never
};

const LookRow look_rows[] = {
    {.name = "nobody_is_there", .events = {}},
    {.name = "a_thread_has_it", .events = {watches(Situation::busy)}},
    {.name = "first_request_has_not_come", .events = {watches(Situation::fresh)}},
    {.name = "next_request_has_not_come", .events = {watches(Situation::idle)}},
    {.name = "it_waits_for_catalogue_or_storage", .events = {watches(Situation::parked)}},
    {.name = "request_or_answer_is_not_complete", .events = {watches(Situation::waiting)}, .within = 100s},
    {.name = "request_or_answer_is_not_complete_and_has_for_ever", .timeout = 0s,
     .events = {watches(Situation::waiting)}},
    {.name = "end_is_not_taken", .events = {watches(Situation::lingering)}, .within = 250ms},
    {.name = "end_is_not_taken_and_others_have_for_ever", .timeout = 0s, .events = {watches(Situation::lingering)},
     .within = 250ms},
    {.name = "one_must_be_looked_at_sooner_than_another",
     .events = {watches(Situation::waiting), watches(Situation::lingering)}, .within = 250ms},
    {.name = "one_may_be_looked_at_later_than_another",
     .events = {watches(Situation::lingering), watches(Situation::waiting)}, .within = 250ms},
    {.name = "shorter_timeout", .events = {watches(Situation::waiting), sets_timeout(80s)}, .within = 10s},
    {.name = "longer_timeout", .events = {watches(Situation::waiting), sets_timeout(8000s)}, .within = 100s},
    {.name = "timeout_for_those_who_had_for_ever", .timeout = 0s,
     .events = {watches(Situation::waiting), sets_timeout(800s)}, .within = 100s},
    {.name = "timeout_is_taken_away_from_nobody", .events = {sets_timeout(0s)}},
    {.name = "next_look_is_begun_by_one_who_waits",
     .events = {watches(Situation::lingering), looks, watches(Situation::waiting)}, .within = 100s},
};

BOOST_AUTO_TEST_CASE(how_soon_somebody_looks) {
    for (const LookRow& row : look_rows) {
        BOOST_TEST_CONTEXT(row.name) {
            EventLoop loop;
            StallWatch watch{loop, row.timeout, [] {}};
            for (const Event& event : row.events) event(watch);
            const auto expires = timer();
            BOOST_TEST(expires.has_value() == row.within.has_value());
            if (!expires || !row.within) continue;
            BOOST_TEST((*expires <= *row.within));
            // Not all the time either; but short ones may have expired on a busy machine.
            if (*row.within > 1s) BOOST_TEST((*expires > *row.within / 2));
        }
    }
}

BOOST_AUTO_TEST_CASE(looks_go_on_as_long_as_somebody_is_waited_for) {
    EventLoop loop;
    Worker worker;
    Watched watched{Situation::lingering, true};
    int looks = 0;
    StallWatch* present = nullptr;
    StallWatch watch{loop, 0s, [&] {
                         ++looks;
                         present->begin_look();
                         present->is_late(watched.view);
                     }};
    present = &watch;
    const auto run = [&] {
        Timer too_long{loop, [] {}};
        too_long.start(max_wait);
        loop.run(worker, [] { return true; });
    };
    watch.watch(Situation::lingering);
    for (const int count : {1, 2}) {
        run();
        BOOST_TEST(looks == count);
    }
    watched.view.hand_over(Situation::idle);
    run();
    BOOST_TEST(looks == 3);
    BOOST_TEST((timer() == 0s));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::engine
