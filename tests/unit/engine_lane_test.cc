// Owns the tests of a device's lane: who waits, who goes on in its threads, who is turned away.
// Does not touch a device: it is slow or hung because the watch says so.
// SPDX-License-Identifier: MIT
#include "engine/lane.h"

#include <algorithm>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "engine/worker.h"
#include "failing_allocations.h"
#include "messages.h"

namespace reelgate::engine {
namespace {

using namespace std::chrono_literals;

constexpr dev_t device = 7;
constexpr std::chrono::seconds timeout = 5s;

Clock::duration now() { return Clock::now().time_since_epoch(); }

/// Who writes down what becomes of it.
class Waiter final : public Waiting {
public:
    Waiter(std::string its_name, std::vector<std::string>& all) : name(std::move(its_name)), log(all) {}

    void go_on(Worker&) noexcept override { log.push_back(name + " goes on"); }
    void turn_away() noexcept override { log.push_back(name + " is turned away"); }
    const void* film() const noexcept override { return nullptr; }
    bool has_news(bool is_hung) const noexcept override { return is_gone || (has_ended && is_hung); }

    const std::string name;
    std::vector<std::string>& log;
    bool is_gone = false, has_ended = false;
};

/// A lane whose threads begin when the test says so.
struct Fixture {

    std::vector<std::string> log;
    int started = 0;
    Lane lane{device, [this](Lane&) { ++started; }};
    Worker worker;
    Waiter first{"first", log}, second{"second", log}, third{"third", log};
};

BOOST_AUTO_TEST_SUITE(engine_lane)

BOOST_AUTO_TEST_CASE(those_who_open_and_those_who_send_go_on_in_turn) {
    Fixture fixture;
    Waiter fourth{"fourth", fixture.log};
    fixture.lane.wait(fixture.first, Waiting::For::opening);
    fixture.lane.wait(fixture.second, Waiting::For::opening);
    fixture.lane.wait(fixture.third, Waiting::For::sending);
    fixture.lane.wait(fourth, Waiting::For::sending);
    BOOST_TEST(fixture.lane.waiting() == 4u);
    std::thread thread{[&] { fixture.lane.serve(fixture.worker); }};
    while (fixture.lane.waiting() > 0) std::this_thread::yield();
    fixture.lane.end();
    thread.join();
    const std::vector<std::string> expected{"first goes on", "third goes on", "second goes on", "fourth goes on"};
    BOOST_TEST(fixture.log == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(few_threads_are_started_for_many_who_wait) {
    Fixture fixture;
    std::vector<Waiter> many(100, Waiter{"many", fixture.log});
    for (Waiter& waiter : many) fixture.lane.wait(waiter, Waiting::For::sending);
    BOOST_TEST(fixture.started == 4);
    BOOST_TEST(fixture.lane.waiting() == 100u);
}

BOOST_AUTO_TEST_CASE(nobody_waits_where_no_thread_can_be_started) {
    std::vector<std::string> log;
    Lane lane{device, [](Lane&) { throw std::runtime_error{"no thread"}; }};
    Waiter waiter{"it", log};
    BOOST_CHECK_THROW(lane.wait(waiter, Waiting::For::opening), std::runtime_error);
    BOOST_TEST(lane.waiting() == 0u);
}

BOOST_AUTO_TEST_CASE(a_thread_can_be_started_after_others_could_not) {
    std::vector<std::string> log;
    int tries = 0, started = 0;
    Lane lane{device, [&](Lane&) {
                  if (++tries <= 5) throw std::runtime_error{"no thread"};
                  ++started;
              }};
    Waiter waiter{"it", log};
    for (int i = 0; i < 5; ++i) BOOST_CHECK_THROW(lane.wait(waiter, Waiting::For::sending), std::runtime_error);
    lane.wait(waiter, Waiting::For::sending);
    BOOST_TEST(started == 1);
}

BOOST_AUTO_TEST_CASE(where_no_further_thread_can_be_started_others_wait_for_the_first) {
    std::vector<std::string> log;
    int tries = 0;
    Lane lane{device, [&](Lane&) { if (++tries > 1) throw std::runtime_error{"no thread"}; }};
    Waiter first{"first", log}, second{"second", log};
    lane.wait(first, Waiting::For::sending);
    BOOST_CHECK_NO_THROW(lane.wait(second, Waiting::For::sending));
    BOOST_TEST(lane.waiting() == 2u);
}

BOOST_AUTO_TEST_CASE(film_that_nobody_has_any_more_is_closed_by_a_thread_of_the_device) {
    Fixture fixture;
    auto film = std::make_shared<const posix::UniqueFd>();
    const std::weak_ptr<const posix::UniqueFd> is_open = film;
    fixture.lane.drop(film);
    BOOST_TEST(fixture.started == 1);
    BOOST_TEST(!is_open.expired());
    std::thread thread{[&] { fixture.lane.serve(fixture.worker); }};
    while (!is_open.expired()) std::this_thread::yield();
    fixture.lane.end();
    thread.join();
}

/// Closing it where it was dropped could block.
BOOST_AUTO_TEST_CASE(film_that_is_dropped_without_memory_stays_with_whom_has_it) {
    Fixture fixture;
    bool has_stayed = false;
    std::vector<std::weak_ptr<const posix::UniqueFd>> all;
    for (int i = 0; i < 100; ++i) {  // room for several is made at a time
        auto film = std::make_shared<const posix::UniqueFd>();
        all.push_back(film);
        {
            const FailingAllocations failing{0};
            has_stayed = !fixture.lane.drop(film) || has_stayed;
        }
        BOOST_TEST(!all.back().expired());
        if (film) BOOST_TEST(fixture.lane.drop(film));
        BOOST_TEST(!all.back().expired());
    }
    BOOST_TEST(has_stayed);
    BOOST_TEST(fixture.lane.take_films().size() == 100u);
}

BOOST_AUTO_TEST_CASE(films_that_come_at_once_are_closed_by_one_thread) {
    Fixture fixture;
    for (int i = 0; i < 100; ++i) {
        auto film = std::make_shared<const posix::UniqueFd>();
        BOOST_TEST(fixture.lane.drop(film));
    }
    BOOST_TEST(fixture.lane.close_on());
    BOOST_TEST(fixture.started == 1);
}

BOOST_AUTO_TEST_CASE(film_that_no_thread_can_close_waits_for_one) {
    std::vector<std::string> log;
    bool is_possible = false;
    int started = 0;
    Lane lane{device, [&](Lane&) {
                  if (!is_possible) throw std::runtime_error{"no thread"};
                  ++started;
              }};
    BOOST_TEST(!lane.close_on());
    auto film = std::make_shared<const posix::UniqueFd>();
    const std::weak_ptr<const posix::UniqueFd> is_open = film;
    BOOST_TEST(lane.drop(film));
    BOOST_TEST(lane.close_on());
    BOOST_TEST(!is_open.expired());
    is_possible = true;
    BOOST_TEST(lane.close_on());
    BOOST_TEST(lane.close_on());
    BOOST_TEST(started == 1);
    Worker worker;
    std::thread thread{[&] { lane.serve(worker); }};
    while (!is_open.expired()) std::this_thread::yield();
    lane.end();
    thread.join();
    BOOST_TEST(!lane.close_on());
}

BOOST_AUTO_TEST_CASE(an_operation_that_lasts_makes_the_device_slow_for_a_while) {
    Fixture fixture;
    const auto begin = now();
    BOOST_TEST(!fixture.lane.is_slow(begin));
    fixture.lane.note_slow(begin - 1s, begin);
    BOOST_TEST(fixture.lane.is_slow(begin));
    BOOST_TEST(fixture.lane.judge(begin, timeout));
    BOOST_TEST(!fixture.lane.is_slow(begin + 10s));
    BOOST_TEST(!fixture.lane.judge(begin + 10s, timeout));
}

struct WaitsRow {
    std::string_view name;
    std::vector<int> looks;  ///< the numbers of those that see a thread wait, of 40
    bool is_slow;
};

std::vector<int> every(int step) {
    std::vector<int> looks;
    for (int look = 0; look < 40; look += step) looks.push_back(look);
    return looks;
}

const WaitsRow waits[] = {
    {.name = "at_each_look", .looks = every(1), .is_slow = true},
    {.name = "half_of_the_time", .looks = every(2), .is_slow = true},
    {.name = "five_in_a_row", .looks = {35, 36, 37, 38, 39}, .is_slow = true},
    {.name = "four_in_a_row", .looks = {36, 37, 38, 39}, .is_slow = false},
    {.name = "a_fifth_of_the_time", .looks = every(5), .is_slow = false},
    {.name = "never", .looks = {}, .is_slow = false},
};

BOOST_AUTO_TEST_CASE(a_device_that_threads_wait_for_much_of_the_time_is_slow) {
    for (const WaitsRow& row : waits) {
        BOOST_TEST_CONTEXT(row.name) {
            Fixture fixture;
            const auto begin = now();
            for (int look = 0; look < 40; ++look) {
                if (std::find(row.looks.begin(), row.looks.end(), look) != row.looks.end()) fixture.lane.note_wait();
                const bool is_watched = fixture.lane.judge(begin, timeout);
                BOOST_TEST(is_watched == fixture.lane.is_slow(begin));
            }
            BOOST_TEST(fixture.lane.is_slow(begin) == row.is_slow);
        }
    }
}

BOOST_AUTO_TEST_CASE(film_is_closed_in_turn_with_those_who_wait) {
    Fixture fixture;
    auto film = std::make_shared<const posix::UniqueFd>();
    const std::weak_ptr<const posix::UniqueFd> is_open = film;
    std::vector<Waiter> many(5, Waiter{"many", fixture.log});
    class Last final : public Waiting {
    public:
        explicit Last(const std::weak_ptr<const posix::UniqueFd>& of) : closed_film(of) {}
        void go_on(Worker&) noexcept override { was_open = !closed_film.expired(); }
        void turn_away() noexcept override {}
        const void* film() const noexcept override { return nullptr; }
    bool has_news(bool) const noexcept override { return false; }
        const std::weak_ptr<const posix::UniqueFd>& closed_film;
        bool was_open = true;
    } last{is_open};
    for (Waiter& waiter : many) fixture.lane.wait(waiter, Waiting::For::sending);
    fixture.lane.wait(last, Waiting::For::sending);
    fixture.lane.drop(film);
    std::thread thread{[&] { fixture.lane.serve(fixture.worker); }};
    while (fixture.lane.waiting() > 0) std::this_thread::yield();
    fixture.lane.end();
    thread.join();
    BOOST_TEST(!last.was_open);
}

BOOST_AUTO_TEST_CASE(a_device_hangs_when_it_has_answered_nobody_for_the_timeout) {
    const CapturedStderr captured;
    Fixture fixture;
    fixture.lane.wait(fixture.first, Waiting::For::opening);
    fixture.lane.wait(fixture.second, Waiting::For::sending);
    const auto begin = now();
    fixture.lane.note_slow(begin, begin + 1s);
    fixture.lane.judge(begin + 1s, timeout);
    BOOST_TEST(!fixture.lane.is_hung());
    fixture.lane.note_slow(begin, begin + 6s);
    fixture.lane.judge(begin + 6s, timeout);
    BOOST_TEST(fixture.lane.has_news());
    fixture.lane.tell_news();
    BOOST_TEST(!fixture.lane.has_news());
    BOOST_TEST(fixture.lane.is_hung());
    BOOST_TEST((fixture.lane.hung_since() == begin));
    const std::vector<std::string> expected{"first is turned away"};
    BOOST_TEST(fixture.log == expected, boost::test_tools::per_element());
    BOOST_TEST(fixture.lane.waiting() == 1u);
    fixture.lane.note_slow(begin, begin + 7s);
    fixture.lane.judge(begin + 7s, timeout);
    fixture.lane.judge(begin + 8s, timeout);
    BOOST_TEST(fixture.lane.has_news());
    fixture.lane.tell_news();
    BOOST_TEST(!fixture.lane.has_news());
    BOOST_TEST(!fixture.lane.is_hung());
    const std::string said = captured.text();
    BOOST_TEST(said == "reelgate: error: storage: device 0:7: does not answer: its films get 503 until it does\n"
                       "reelgate: notice: storage: device 0:7: answers again\n");
}

BOOST_AUTO_TEST_CASE(a_device_that_answers_others_is_slow_and_does_not_hang) {
    Fixture fixture;
    fixture.lane.wait(fixture.first, Waiting::For::opening);
    const auto begin = now() - 10s;
    fixture.lane.note_slow(begin, now());
    fixture.lane.note_answer();
    fixture.lane.judge(now(), timeout);
    BOOST_TEST(!fixture.lane.is_hung());
    BOOST_TEST(fixture.lane.waiting() == 1u);
}

/// Most closings need nothing of the device.
BOOST_AUTO_TEST_CASE(closing_a_film_is_no_answer_of_the_device) {
    const CapturedStderr captured;
    Storage storage{5s};
    storage.start({.start = [](Lane&) {}, .each = [](const auto&) {}, .replace = [](unsigned) {}});
    Worker worker;
    worker.storage = &storage;
    Lane& lane = storage.lane_of(device);
    worker.lane = &lane;
    const auto begin = now() - 10s;
    lane.note_slow(begin, now());
    auto film = std::make_shared<const posix::UniqueFd>();
    const std::weak_ptr<const posix::UniqueFd> is_open = film;
    lane.drop(film);
    std::thread thread{[&] { lane.serve(worker); }};
    while (!is_open.expired()) std::this_thread::yield();
    storage.stop();
    thread.join();
    lane.note_slow(begin, now());
    lane.judge(now(), timeout);
    BOOST_TEST(lane.is_hung());
}

/// Sends a film, and stays in the storage until it is told to leave.
class Sender final : public Waiting {
public:
    Sender(int of_film, std::shared_future<void> until) : film_(of_film), until_(std::move(until)) {}

    void go_on(Worker&) noexcept override {
        has_begun = true;
        until_.wait();
        has_ended = true;
    }
    void turn_away() noexcept override {}
    const void* film() const noexcept override { return films + film_; }
    bool has_news(bool) const noexcept override { return false; }

    std::atomic<bool> has_begun{false}, has_ended{false};

private:
    static constexpr char films[2]{};
    const int film_;
    const std::shared_future<void> until_;
};

BOOST_AUTO_TEST_CASE(film_that_cannot_be_read_does_not_hold_all_threads) {
    Fixture fixture;
    std::promise<void> go_on, nothing;
    nothing.set_value();
    const std::shared_future<void> gone_on = go_on.get_future().share(), at_once = nothing.get_future().share();
    Sender bad[]{{0, gone_on}, {0, gone_on}, {0, gone_on}, {0, gone_on}};
    Sender good{1, at_once};
    for (Sender& sender : bad) fixture.lane.wait(sender, Waiting::For::sending);
    fixture.lane.wait(good, Waiting::For::sending);
    fixture.lane.wait(fixture.first, Waiting::For::opening);
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) threads.emplace_back([&] { fixture.lane.serve(fixture.worker); });
    while (!good.has_ended || fixture.lane.waiting() > 2) std::this_thread::yield();
    BOOST_TEST(std::count_if(std::begin(bad), std::end(bad), [](const Sender& s) { return s.has_begun.load(); }) == 2);
    go_on.set_value();
    while (!std::all_of(std::begin(bad), std::end(bad), [](const Sender& s) { return s.has_ended.load(); }))
        std::this_thread::yield();
    fixture.lane.end();
    for (std::thread& thread : threads) thread.join();
}

BOOST_AUTO_TEST_CASE(those_whose_peers_have_gone_do_not_wait_on) {
    Fixture fixture;
    fixture.lane.wait(fixture.first, Waiting::For::sending);
    fixture.lane.wait(fixture.second, Waiting::For::sending);
    fixture.first.is_gone = true;
    fixture.lane.judge(now(), timeout);
    const std::vector<std::string> expected{"first is turned away"};
    BOOST_TEST(fixture.log == expected, boost::test_tools::per_element());
    BOOST_TEST(fixture.lane.waiting() == 1u);
}

BOOST_AUTO_TEST_CASE(those_whose_peers_have_ended_wait_on_until_the_device_hangs) {
    const CapturedStderr captured;
    Fixture fixture;
    fixture.lane.wait(fixture.first, Waiting::For::sending);
    fixture.lane.wait(fixture.second, Waiting::For::sending);
    fixture.first.has_ended = true;
    const auto begin = now();
    fixture.lane.note_slow(begin, begin + 1s);
    fixture.lane.judge(begin + 1s, timeout);
    BOOST_TEST(fixture.log.empty());
    fixture.lane.note_slow(begin, begin + 6s);
    fixture.lane.judge(begin + 6s, timeout);
    const std::vector<std::string> expected{"first is turned away"};
    BOOST_TEST(fixture.log == expected, boost::test_tools::per_element());
    BOOST_TEST(fixture.lane.waiting() == 1u);
}

BOOST_AUTO_TEST_CASE(at_each_look_a_few_of_many_are_asked_whether_their_peers_have_gone) {
    Fixture fixture;
    std::vector<Waiter> many(100, Waiter{"many", fixture.log});
    for (Waiter& waiter : many) {
        waiter.is_gone = true;
        fixture.lane.wait(waiter, Waiting::For::sending);
    }
    many.front().is_gone = many.back().is_gone = false;
    fixture.lane.judge(now(), timeout);
    BOOST_TEST(fixture.lane.waiting() >= 80u);
    BOOST_TEST(fixture.lane.waiting() < 100u);
    for (int looks = 0; looks < 10; ++looks) fixture.lane.judge(now(), timeout);
    BOOST_TEST(fixture.lane.waiting() == 2u);
}

BOOST_AUTO_TEST_CASE(all_who_wait_are_asked_in_turn_whether_their_peers_have_gone) {
    Fixture fixture;
    std::vector<Waiter> many(100, Waiter{"many", fixture.log});
    for (Waiter& waiter : many) fixture.lane.wait(waiter, Waiting::For::sending);
    many.back().is_gone = true;
    for (int looks = 0; looks < 10; ++looks) fixture.lane.judge(now(), timeout);
    BOOST_TEST(fixture.lane.waiting() == 99u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::engine
