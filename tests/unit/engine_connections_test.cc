// Owns the tests of all connections together: threads that serve them, their waiting, their end.
// Does not test what one connection does: engine_connection_test.cc does.
// SPDX-License-Identifier: MIT
#include "engine/connections.h"

#include <fcntl.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "connection_fixture.h"
#include "engine_fixture.h"
#include "fail_test.h"
#include "failing_allocations.h"
#include "lock_calls.h"
#include "messages.h"
#include "socket_calls.h"

namespace reelgate::engine {
namespace {

using namespace std::chrono_literals;

constexpr dev_t device = 7;

// What web servers say
const std::string ping = request("/ping"), clip = request("/clip"), busy = request("/busy"), far = request("/far");
const std::string whole_reel = request("/reel");

/// A web server at the other end of a connection.
class Peer {
public:
    explicit Peer(posix::UniqueFd its_socket) : socket_(std::move(its_socket)) {}

    void say(std::string_view bytes) const {
        BOOST_TEST_REQUIRE(write(socket_.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
    }

    /// Takes what is there.
    void take() {
        char buffer[65536];
        ssize_t n = 0;
        while ((n = read(socket_.get(), buffer, sizeof buffer)) > 0) taken_.append(buffer, static_cast<std::size_t>(n));
        has_ended_ = has_ended_ || n == 0 || errno == ECONNRESET;
    }

    /// Says what it has got so far.
    std::string heard() {
        take();
        std::vector<std::string> told = hear(taken_);
        if (has_ended_) told.push_back("EOF");
        return join(told);
    }

    /// Waits until it has got what is expected, and says what that is.
    std::string hears(std::string_view expected) {
        wait_until([&] { return heard() == expected; });
        return heard();
    }

    std::size_t taken_bytes() const { return taken_.size(); }

    /// Returns whether something has come that it has not taken.
    bool has_mail() const {
        pollfd state{socket_.get(), POLLIN, 0};
        return poll(&state, 1, 0) == 1;
    }

    void leave() { socket_ = {}; }

private:
    posix::UniqueFd socket_;
    std::string taken_;
    bool has_ended_ = false;
};

/// An engine with connections. Its own targets: "/ping". Films: "/clip" and "/reel", which is more than a socket takes;
/// "/busy", while the catalogue is locked; "/held", which holds the thread; "/far", whose device holds the thread; and
/// "/none", which fails.
class Fixture {
public:
    explicit Fixture(unsigned threads) : engine(threads, endless, {}, [this](Worker& worker) { prepare(worker); }) {
        prepare_decoder();
        own.buffer.resize(std::size_t{64} << 10);
        own.storage = &engine.storage;
        prepare(own);
    }
    Fixture(const Fixture&) = delete;
    Fixture& operator=(const Fixture&) = delete;
    /// The threads end before the connections do; and nothing is said of those that are left.
    ~Fixture() {
        is_locked = is_slow = false;
        engine.end();
        const CapturedStderr quiet;
        connections.cut_off();
    }

    void start() { engine.workers.start(); }

    SocketPair narrow_pair() {
        SocketPair pair = pair_of_unix_sockets();
        shrink(pair.connection);
        return pair;
    }

    /// Adds a connection, to which nothing was said yet.
    Peer& connect() {
        SocketPair pair = narrow_pair();
        connections.add(std::move(pair.connection), Transport::unix_socket).handle(EPOLLIN, own);
        return peers_.emplace_back(std::move(pair.peer));
    }

    Peer& connect_and_say(std::string_view bytes) {
        Peer& peer = connect();
        peer.say(bytes);
        return peer;
    }

    /// Has a thread begin a connection to which something was said already. Returns the number of its descriptor, too.
    std::pair<Peer&, int> connect_in_thread(std::string_view bytes) {
        SocketPair pair = narrow_pair();
        const int fd = pair.connection.get();
        Peer& peer = peers_.emplace_back(std::move(pair.peer));
        peer.say(bytes);
        const auto connection = std::make_shared<posix::UniqueFd>(std::move(pair.connection));
        engine.send([this, connection](Worker& worker) {
            connections.add(std::move(*connection), Transport::unix_socket).handle(EPOLLIN, worker);
        });
        return {peer, fd};
    }

    /// Has the device hold a thread that serves events, and all of its own; so what waits for it waits in its queue.
    std::vector<Peer*> fill_device() {
        is_slow = true;
        std::vector<Peer*> held{&connect_and_say(far)};
        BOOST_TEST_REQUIRE(far_hold.holds(1));
        BOOST_TEST_REQUIRE(wait_until([&] { return lane().is_slow(now()); }));
        for (int i = 0; i < 4; ++i) held.push_back(&connect_and_say(far));
        BOOST_TEST_REQUIRE(far_hold.holds(5));
        return held;
    }

    Lane& lane() { return engine.storage.lane_of(device); }

    std::uint64_t counted(Counter counter) const {
        Counts counts{};
        engine.workers.add_to(counts);
        return at(counts, counter);
    }

    std::atomic<bool> is_locked{false};  ///< the catalogue, for "/busy"
    std::atomic<bool> is_slow{false};    ///< the device, for "/far"
    std::atomic<bool> is_refused{false};  ///< no further worker is to be had
    std::atomic<int> asked{0};           ///< how often "/busy" was
    std::function<void(Worker&, const http::Request&)> when_asked = [](Worker&, const http::Request&) {};
    Viewers viewers;
    Worker own;  ///< of the test's thread
    Engine engine;
    Hold& hold = engine.add_hold();
    Hold& far_hold = engine.add_hold();
    Connections connections{engine.loop, 5000, 0s};

private:
    void prepare(Worker& worker) {
        if (is_refused) throw std::runtime_error{"no worker"};
        worker.admit = [this] { return viewers.admit(0); };
        worker.monitor = [](const http::Request& request) {
            return request.target == "/ping" ? std::optional{http::Response{200, {}, {"pong"}}} : std::nullopt;
        };
        worker.answer = [this, &worker](const http::Request& request, Clock::duration) {
            return answer(worker, request);
        };
    }

    std::variant<Answer, Busy> answer(Worker& worker, const http::Request& request) {
        when_asked(worker, request);
        if (request.target == "/none") throw std::runtime_error{"no such film"};
        if (request.target == "/held") hold.pass();
        if (request.target == "/busy") {
            ++asked;
            if (is_locked) return Busy{};
        }
        if (request.target == "/far") {
            if (!worker.enter(device)) return Busy{&lane()};
            if (is_slow) far_hold.pass();
            worker.leave();
        }
        const std::uint64_t length = request.target == "/reel" ? reel_length : clip_length;
        // Piece by piece: g++ 12 destroys the first twice where a later one cannot be made.
        media::MediaFile content = film();
        http::Response response{200, {}, {http::ByteRange{0, length - 1}}};
        return Answer{std::move(response), std::move(content), {}};
    }

    static media::MediaFile film() {
        static const TemporaryFolder folder;
        static const std::filesystem::path file = folder.write("reel.mp4", reel());
        auto fd = std::make_shared<const posix::UniqueFd>(open(file.c_str(), O_RDONLY | O_CLOEXEC));
        if (!*fd) fail_test("open", file.native());
        return {fd, reel_length, {}, sent_file(fd->get()).version, device};
    }

    std::deque<Peer> peers_;
};

bool is_empty(const Fixture& fixture) {
    return wait_until([&] { return fixture.connections.count() == 0; });
}

BOOST_AUTO_TEST_SUITE(engine_connections)

// Beginning and end of a connection

BOOST_AUTO_TEST_CASE(request_that_has_come_already_is_answered_at_once) {
    Fixture fixture{1};
    SocketPair pair = pair_of_unix_sockets();
    Peer peer{std::move(pair.peer)};
    peer.say(clip);
    fixture.connections.add(std::move(pair.connection), Transport::unix_socket).handle(EPOLLIN, fixture.own);
    BOOST_TEST(peer.heard() == "answer 1: clip");
    BOOST_TEST(fixture.connections.count() == 1u);
}

struct ServeRow {
    std::string_view name;
    std::string first;   ///< that a peer says
    std::string heard;   ///< for it
    std::string second;  ///< what it says then
    std::string heard_at_last;
    std::string_view logged = "";
    bool stays = false;
};

const std::string last_clip = request("/clip", 1, 0);

const ServeRow serves[] = {
    {.name = "clip", .first = clip, .heard = "answer 1: clip", .second = clip,
     .heard_at_last = "2 times answer 1: clip", .stays = true},
    {.name = "film_that_is_more_than_the_socket_takes", .first = whole_reel, .heard = "answer 1: reel", .second = clip,
     .heard_at_last = "answer 1: reel; answer 1: clip", .stays = true},
    {.name = "last_clip", .first = clip, .heard = "answer 1: clip", .second = last_clip,
     .heard_at_last = "2 times answer 1: clip; EOF"},
    {.name = "film_that_nobody_can_answer", .first = clip, .heard = "answer 1: clip", .second = request("/none"),
     .heard_at_last = "answer 1: clip; EOF", .logged = "serve connection: no such film: closed"},
};

BOOST_AUTO_TEST_CASE(connections_are_served_by_threads) {
    for (const ServeRow& row : serves) {
        BOOST_TEST_CONTEXT(row.name) {
            const CapturedStderr captured;
            Fixture fixture{2};
            fixture.start();
            Peer& peer = fixture.connect();
            peer.say(row.first);
            BOOST_TEST(peer.hears(row.heard) == row.heard);
            peer.say(row.second);
            BOOST_TEST(peer.hears(row.heard_at_last) == row.heard_at_last);
            if (!row.stays) BOOST_TEST(is_empty(fixture));
            BOOST_TEST(fixture.connections.count() == (row.stays ? 1u : 0u));
            BOOST_TEST(contains(captured.text(), row.logged));
            BOOST_TEST(captured.text().empty() == row.logged.empty());
            peer.leave();
            BOOST_TEST(is_empty(fixture));
            BOOST_TEST(fixture.viewers.now() == 0u);
        }
    }
}

BOOST_AUTO_TEST_CASE(connection_for_which_there_is_no_memory_is_closed) {
    const CapturedStderr captured;
    for (const std::string_view target : {"/clip", "/busy"}) {
        bool has_failed = true;
        for (unsigned before = 0; has_failed; ++before) {
            BOOST_TEST_CONTEXT(target << " after " << before) {
                Fixture fixture{1};
                fixture.is_locked = true;
                SocketPair pair = pair_of_unix_sockets();
                Peer peer{std::move(pair.peer)};
                peer.say(request(target));
                try {
                    const FailingAllocations failing{before};
                    fixture.connections.add(std::move(pair.connection), Transport::unix_socket)
                        .handle(EPOLLIN, fixture.own);
                    has_failed = failing.has_failed();
                } catch (const std::bad_alloc&) {
                    has_failed = true;
                }
                pair.connection = {};
                fixture.is_locked = false;
                fixture.start();
                // Answered, or closed: nobody is left without either.
                const std::string answer = "answer 1: clip", end = "EOF";
                BOOST_TEST(wait_until([&] { return peer.heard() == answer || peer.heard() == end; }));
                if (!has_failed) BOOST_TEST(peer.heard() == answer);
                peer.leave();
                BOOST_TEST(is_empty(fixture));
                BOOST_TEST(fixture.viewers.now() == 0u);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(abort_is_noticed_while_the_socket_is_full) {
    Fixture fixture{1};
    fixture.start();
    Peer& peer = fixture.connect_and_say(whole_reel);
    BOOST_TEST(wait_until([&] { return peer.has_mail(); }));
    peer.say(gateway::abort());
    BOOST_TEST(peer.hears("answer 1: part of the reel") == "answer 1: part of the reel");
    BOOST_TEST(wait_until([&] { return fixture.counted(Counter::ended_aborted) == 1; }));
}

// The catalogue is locked

BOOST_AUTO_TEST_CASE(requests_that_find_the_catalogue_locked_ask_until_it_is_free) {
    Fixture fixture{2};
    fixture.is_locked = true;
    fixture.start();
    std::vector<Peer*> waiting;
    for (int i = 0; i < 5; ++i) waiting.push_back(&fixture.connect_and_say(busy));
    BOOST_TEST(wait_until([&] { return fixture.asked > 50; }));
    Peer& other = fixture.connect_and_say(ping);
    BOOST_TEST(other.hears("answer 1: pong") == "answer 1: pong");
    for (Peer* peer : waiting) BOOST_TEST(peer->heard() == "");
    BOOST_TEST(fixture.viewers.now() == waiting.size());
    fixture.is_locked = false;
    for (Peer* peer : waiting) BOOST_TEST(peer->hears("answer 1: clip") == "answer 1: clip");
    // And once more, now that nobody has waited.
    fixture.is_locked = true;
    const int before = fixture.asked;
    waiting[0]->say(busy);
    BOOST_TEST(wait_until([&] { return fixture.asked > before + 3; }));
    fixture.is_locked = false;
    BOOST_TEST(waiting[0]->hears("2 times answer 1: clip") == "2 times answer 1: clip");
}

/// Hundreds that all asked each time would take a processor, and find it locked.
BOOST_AUTO_TEST_CASE(of_many_requests_that_find_the_catalogue_locked_few_ask_at_a_time) {
    constexpr int many = 200, at_a_time = 8;
    Fixture fixture{2};
    fixture.is_locked = true;
    fixture.start();
    std::vector<Peer*> waiting;
    for (int i = 0; i < many; ++i) waiting.push_back(&fixture.connect_and_say(busy));
    BOOST_TEST_REQUIRE(wait_until([&] { return fixture.asked >= many && fixture.viewers.now() == many; }));
    const int before = fixture.asked;
    const auto begin = Clock::now();
    BOOST_TEST(wait_until([&] { return fixture.asked > before + many; }));
    const auto times = (Clock::now() - begin) / 10ms;
    BOOST_TEST(fixture.asked - before <= (times + 2) * at_a_time);
    // But all go on as soon as one has found it free.
    fixture.is_locked = false;
    for (Peer* peer : waiting) BOOST_TEST(peer->hears("answer 1: clip") == "answer 1: clip");
    BOOST_TEST(fixture.asked - before <= (times + 2) * at_a_time + 3 * many);
}

// Epoll refuses a connection, as it does for want of memory

/// A source that has a descriptor instead of its connection.
struct Nobody final : EventSource {
    void handle(std::uint32_t, Worker&) override {}
};

struct RefusalRow {
    std::string_view name;
    bool is_first;  ///< the request is the connection's first: its descriptor was never watched
    int refusals;   ///< how often another is asked again before epoll takes it
};

const RefusalRow refusals[] = {
    {.name = "first_request", .is_first = true, .refusals = 1},
    {.name = "first_request_again_and_again", .is_first = true, .refusals = 5},
    {.name = "later_request", .is_first = false, .refusals = 1},
    {.name = "later_request_again_and_again", .is_first = false, .refusals = 5},
};

BOOST_AUTO_TEST_CASE(request_that_epoll_refuses_is_handed_on_later) {
    for (const RefusalRow& row : refusals) {
        BOOST_TEST_CONTEXT(row.name) {
            Nobody nobody;
            // Of one thread, so that all happens in order.
            Fixture fixture{1};
            fixture.is_locked = true;
            int fd = -1, refused_asked = 0, other_asked = 0, asked_while_refused = 0;
            std::atomic<bool> is_taken{false};
            const auto refuse = [&](bool is_refused) {
                // A descriptor can be added if it is not there, and rearmed if it is.
                if (is_refused == row.is_first)
                    fixture.engine.loop.add(fd, 0, nobody);
                else
                    fixture.engine.loop.remove(fd);
            };
            fixture.when_asked = [&](Worker&, const http::Request& request) {
                if (request.target != "/busy") return;
                if (!request.range) {
                    if (++refused_asked == 1) refuse(true);
                    return;
                }
                if (++other_asked <= row.refusals) return;
                if (is_taken) return;
                asked_while_refused = refused_asked;
                refuse(false);
                is_taken = true;
            };

            SocketPair pair = pair_of_unix_sockets();
            fd = pair.connection.get();
            Peer peer{std::move(pair.peer)};
            if (row.is_first) peer.say(busy);
            fixture.connections.add(std::move(pair.connection), Transport::unix_socket).handle(EPOLLIN, fixture.own);
            fixture.start();
            if (!row.is_first) peer.say(busy);
            BOOST_TEST_REQUIRE(wait_until([&] { return fixture.asked == 1; }));
            // Another, that waits behind it.
            std::string params;
            gateway::append_name_value(params, "REQUEST_METHOD", "GET");
            gateway::append_name_value(params, "REQUEST_URI", "/busy");
            gateway::append_name_value(params, "HTTP_RANGE", "bytes=0-");
            Peer& other = fixture.connect_and_say(gateway::begin(1, gateway::keep) + gateway::rest(params));
            BOOST_TEST(wait_until([&] { return is_taken.load(); }));
            BOOST_TEST(asked_while_refused == 1);
            BOOST_TEST(peer.heard() == "");
            fixture.is_locked = false;
            BOOST_TEST(peer.hears("answer 1: clip") == "answer 1: clip");
            BOOST_TEST(other.hears("answer 1: clip") == "answer 1: clip");
        }
    }
}

BOOST_AUTO_TEST_CASE(request_that_epoll_refuses_is_handed_on_later_even_without_memory) {
    const CapturedStderr captured;
    Nobody nobody;
    std::atomic<Worker*> held{nullptr};
    Fixture fixture{2};
    fixture.when_asked = [&](Worker& worker, const http::Request&) { held = &worker; };
    fixture.start();
    const auto [peer, fd] = fixture.connect_in_thread(request("/held"));
    BOOST_TEST_REQUIRE(fixture.hold.holds(1));
    fixture.engine.loop.add(fd, 0, nobody);
    {
        const FailingAllocations failing{0, 1000};
        held.load()->turn_away();
    }
    fixture.engine.loop.remove(fd);
    fixture.hold.open();
    BOOST_TEST(peer.hears("answer 1: clip") == "answer 1: clip");
    BOOST_TEST(fixture.connections.count() == 1u);
    BOOST_TEST(fixture.viewers.now() == 0u);
}

// Storage

BOOST_AUTO_TEST_CASE(requests_for_storage_that_hangs_are_refused_whether_they_hold_threads_or_wait) {
    const CapturedStderr captured;
    const std::string refusal = R"(answer 1: 503 {"detail":"Video storage does not answer"})";
    Fixture fixture{2};
    fixture.start();
    std::vector<Peer*> waiting = fixture.fill_device();
    waiting.push_back(&fixture.connect_and_say(far));
    BOOST_TEST(wait_until([&] { return fixture.lane().waiting() == 1; }));
    // The device has not answered for long enough.
    fixture.engine.storage.set_timeout(0s);
    for (Peer* peer : waiting) BOOST_TEST(peer->hears(refusal) == refusal);
    Peer& other = fixture.connect_and_say(ping);
    BOOST_TEST(other.hears("answer 1: pong") == "answer 1: pong");
    // The next finds it hung.
    other.say(far);
    BOOST_TEST(other.hears("answer 1: pong; " + refusal) == "answer 1: pong; " + refusal);

    // It answers again. What was refused once is not refused for it.
    fixture.engine.storage.set_timeout(endless);
    fixture.is_slow = false;
    fixture.far_hold.open();
    BOOST_TEST(wait_until([&] { return contains(captured.text(), "answers again"); }));
    for (Peer* peer : waiting) {
        peer->say(far);
        BOOST_TEST(peer->hears(refusal + "; answer 1: clip") == refusal + "; answer 1: clip");
    }
    BOOST_TEST(fixture.connections.count() == waiting.size() + 1);
    BOOST_TEST(fixture.counted(Counter::status_503) == waiting.size() + 1);
}

BOOST_AUTO_TEST_CASE(request_for_slow_storage_is_answered_by_a_thread_of_it) {
    std::atomic<Lane*> lane{nullptr};
    std::atomic<int> far_asked{0};
    Fixture fixture{1};
    fixture.when_asked = [&](Worker& worker, const http::Request&) {
        ++far_asked;
        lane = worker.lane;
    };
    fixture.start();
    fixture.is_slow = true;
    Peer& first = fixture.connect_and_say(far);
    BOOST_TEST_REQUIRE(wait_until([&] { return fixture.lane().is_slow(now()); }));
    Peer& second = fixture.connect_and_say(far);
    BOOST_TEST(fixture.far_hold.holds(2));
    BOOST_TEST(far_asked == 3);
    BOOST_TEST((lane == &fixture.lane()));
    fixture.far_hold.open();
    BOOST_TEST(first.hears("answer 1: clip") == "answer 1: clip");
    BOOST_TEST(second.hears("answer 1: clip") == "answer 1: clip");
}

BOOST_AUTO_TEST_CASE(request_for_slow_storage_without_a_thread_is_refused) {
    const CapturedStderr captured;
    Fixture fixture{1};
    fixture.start();
    fixture.is_slow = true;
    Peer& first = fixture.connect_and_say(far);
    // The held thread is replaced; after that there is none for the device.
    BOOST_TEST_REQUIRE(wait_until([&] { return fixture.lane().is_slow(now()); }));
    Peer& other = fixture.connect_and_say(ping);
    BOOST_TEST(other.hears("answer 1: pong") == "answer 1: pong");
    fixture.is_refused = true;
    Peer& second = fixture.connect_and_say(far);
    const std::string refusal = R"(answer 1: 503 {"detail":"Video storage does not answer"})";
    BOOST_TEST(second.hears(refusal) == refusal);
    BOOST_TEST(contains(captured.text(), "serve connection: no worker: answered with 503"));
    fixture.is_refused = false;
    fixture.far_hold.open();
    BOOST_TEST(first.hears("answer 1: clip") == "answer 1: clip");
    BOOST_TEST(fixture.connections.count() == 3u);
}

BOOST_AUTO_TEST_CASE(film_on_slow_storage_without_a_thread_is_cut_off) {
    const CapturedStderr captured;
    Fixture fixture{2};
    fixture.start();
    Peer& peer = fixture.connect_and_say(whole_reel);
    BOOST_TEST(wait_until([&] { return peer.has_mail(); }));
    fixture.is_slow = true;
    fixture.connect_and_say(far);
    BOOST_TEST_REQUIRE(fixture.far_hold.holds(1));
    BOOST_TEST_REQUIRE(wait_until([&] { return fixture.lane().is_slow(now()); }));
    fixture.is_refused = true;
    BOOST_TEST(peer.hears("answer 1 begins; EOF") == "answer 1 begins; EOF");
    BOOST_TEST(contains(captured.text(), "serve connection: no worker: closed"));
    BOOST_TEST(fixture.counted(Counter::ended_aborted) == 1u);
}

/// A film that is being sent, and waits for its device.
struct Parked {
    explicit Parked(Fixture& among) : fixture(among), peer(fixture.connect_and_say(whole_reel)) {
        BOOST_TEST_REQUIRE(wait_until([&] { return peer.has_mail(); }));
        fixture.fill_device();
        BOOST_TEST_REQUIRE(wait_until([&] {
            peer.take();
            return fixture.lane().waiting() == 1;
        }));
    }

    Fixture& fixture;
    Peer& peer;
};

BOOST_AUTO_TEST_CASE(film_that_waits_for_its_device_goes_on_when_that_answers) {
    Fixture fixture{2};
    fixture.start();
    const Parked parked{fixture};
    fixture.far_hold.open();
    BOOST_TEST(parked.peer.hears("answer 1: reel") == "answer 1: reel");
}

struct EndRow {
    std::string_view name;
    std::function<void(Parked&)> event;
    Counter counted;
    std::string_view logged = "";
};

const EndRow ends[] = {
    {.name = "its_peer_leaves", .event = [](Parked& parked) { parked.peer.leave(); },
     .counted = Counter::ended_aborted},
    {.name = "it_is_cut_off", .event = [](Parked& parked) { parked.fixture.connections.cut_off(); },
     .counted = Counter::ended_stalled, .logged = "stop: 6 connections: "},
};

BOOST_AUTO_TEST_CASE(film_that_waits_for_its_device_ends_without_it) {
    for (const EndRow& row : ends) {
        BOOST_TEST_CONTEXT(row.name) {
            const CapturedStderr captured;
            Fixture fixture{2};
            fixture.start();
            Parked parked{fixture};
            row.event(parked);
            BOOST_TEST(wait_until([&] { return fixture.connections.count() == 5; }));
            for (const Counter counter : {Counter::ended_aborted, Counter::ended_stalled})
                BOOST_TEST(fixture.counted(counter) == (counter == row.counted ? 1u : 0u));
            BOOST_TEST(contains(captured.text(), row.logged));
        }
    }
}

/// A thread of the device sends little at a time, since the device has few.
BOOST_AUTO_TEST_CASE(film_on_a_slow_device_takes_short_turns) {
    constexpr std::size_t short_turn = std::size_t{64} << 10, more_than_a_turn = std::size_t{64} << 10;
    Fixture fixture{1};
    std::optional<std::thread> thread;
    SocketPair pair = fixture.narrow_pair();
    Peer peer{std::move(pair.peer)};
    // The watch ends at once, and nobody waits for events: all happens in order.
    fixture.engine.storage.start({.start =
                                      [&](Lane& lane) {
                                          thread.emplace([&] {
                                              // A peer that takes as fast as we write.
                                              const WatchedSocketCalls watched{nullptr, [&] { peer.take(); }};
                                              Worker worker;
                                              worker.storage = &fixture.engine.storage;
                                              worker.lane = &lane;
                                              lane.serve(worker);
                                          });
                                      },
                                  .each = [](const auto&) {},
                                  .replace = [](unsigned) {}});
    fixture.engine.storage.stop();
    peer.say(whole_reel);
    fixture.connections.add(std::move(pair.connection), Transport::unix_socket).handle(EPOLLIN, fixture.own);
    fixture.lane().note_slow(now(), now() + endless);
    peer.take();
    const std::size_t before = peer.taken_bytes();
    fixture.engine.loop.run(fixture.own, [] { return true; });
    BOOST_TEST_REQUIRE(thread.has_value());
    BOOST_TEST(wait_until([&] { return fixture.lane().waiting() == 0; }));
    fixture.engine.storage.stop();
    thread->join();
    peer.take();
    BOOST_TEST(peer.taken_bytes() >= before + short_turn);
    BOOST_TEST(peer.taken_bytes() <= before + short_turn + more_than_a_turn);
}

/// The watch takes the connection of a thread that storage holds. The thread may come back then, and serve another one,
/// before the watch touches what it has taken.
BOOST_AUTO_TEST_CASE(only_the_connection_that_was_taken_is_touched) {
    std::atomic<Worker*> held{nullptr};
    std::atomic<int> first_asked{0};
    Fixture fixture{1};
    Hold& second_hold = fixture.engine.add_hold();
    fixture.when_asked = [&](Worker& worker, const http::Request& request) {
        if (request.target == "/held") held = &worker, ++first_asked;
        if (request.target == "/clip") second_hold.pass();
    };
    fixture.start();
    Peer& first = fixture.connect_and_say(request("/held"));
    BOOST_TEST_REQUIRE(fixture.hold.holds(1));
    Peer& second = fixture.connect_and_say(clip);
    bool is_second_served = false;
    {
        const AfterUnlocking after{[&] {
            fixture.hold.open();
            is_second_served = second_hold.holds(1);
        }};
        held.load()->turn_away();
    }
    BOOST_TEST(is_second_served);
    BOOST_TEST(first.heard() == "");
    second_hold.open();
    BOOST_TEST(second.hears("answer 1: clip") == "answer 1: clip");
    BOOST_TEST(first.hears("answer 1: clip") == "answer 1: clip");
    BOOST_TEST(first_asked == 2);
    BOOST_TEST(fixture.connections.count() == 2u);
}

// Late peers

BOOST_AUTO_TEST_CASE(only_peers_that_are_waited_for_can_be_late) {
    const std::string pong = "answer 1: pong";
    Fixture fixture{2};
    fixture.is_locked = true;
    fixture.start();
    const Parked parked{fixture};  // with five more, whom their device holds
    Peer& fresh = fixture.connect();
    Peer& idle = fixture.connect_and_say(ping);
    BOOST_TEST(idle.hears(pong) == pong);
    Peer& asking = fixture.connect_and_say(busy);
    BOOST_TEST(wait_until([&] { return fixture.asked > 0; }));
    // This one begins to be waited for last, so the others are as late when it is.
    Peer& late = fixture.connect_and_say(ping.substr(0, 40));
    fixture.connections.set_stall_timeout(1s);
    BOOST_TEST(late.hears("EOF") == "EOF");
    fixture.connections.set_stall_timeout(0s);
    fresh.say(ping);
    BOOST_TEST(fresh.hears(pong) == pong);
    idle.say(ping);
    BOOST_TEST(idle.hears("2 times " + pong) == "2 times " + pong);
    fixture.far_hold.open();
    fixture.is_locked = false;
    BOOST_TEST(asking.hears("answer 1: clip") == "answer 1: clip");
    BOOST_TEST(parked.peer.hears("answer 1: reel") == "answer 1: reel");
}

BOOST_AUTO_TEST_CASE(viewer_who_takes_nothing_is_late) {
    Fixture fixture{1};
    fixture.start();
    fixture.connections.set_stall_timeout(1s);
    Peer& peer = fixture.connect_and_say(whole_reel);
    BOOST_TEST(is_empty(fixture));
    BOOST_TEST(peer.heard() == "answer 1 begins; EOF");
    BOOST_TEST(fixture.counted(Counter::ended_stalled) == 1u);
}

// Stop

struct StopRow {
    std::string_view name;
    std::string before;       ///< what a peer has said
    std::string heard;        ///< and got
    std::string after;        ///< what it says once the server stops
    std::string heard_after;
};

const StopRow stops[] = {
    {.name = "idle", .before = ping, .heard = "answer 1: pong", .heard_after = "answer 1: pong; EOF"},
    {.name = "request_is_on_its_way", .after = ping, .heard_after = "answer 1: pong; EOF"},
    {.name = "request_comes_in_parts", .before = ping.substr(0, 40), .after = ping.substr(40),
     .heard_after = "answer 1: pong; EOF"},
    {.name = "part_of_the_next_request_has_come", .before = ping + ping.substr(0, 40), .heard = "answer 1: pong",
     .after = ping.substr(40), .heard_after = "2 times answer 1: pong; EOF"},
    {.name = "catalogue_is_locked", .before = busy, .heard_after = "answer 1: clip; EOF"},
    {.name = "thread_has_it", .before = request("/held"), .heard_after = "answer 1: clip; EOF"},
    {.name = "film_is_on_its_way", .before = whole_reel, .heard_after = "answer 1: reel; EOF"},
};

BOOST_AUTO_TEST_CASE(connections_end_once_they_are_idle_after_a_stop) {
    for (const StopRow& row : stops) {
        BOOST_TEST_CONTEXT(row.name) {
            Fixture fixture{2};
            fixture.is_locked = true;
            fixture.start();
            Peer& peer = fixture.connect_and_say(row.before);
            if (!row.heard.empty()) BOOST_TEST(peer.hears(row.heard) == row.heard);
            if (row.before == busy) BOOST_TEST(wait_until([&] { return fixture.asked > 0; }));
            if (row.before == request("/held")) BOOST_TEST(fixture.hold.holds(1));
            if (row.before == whole_reel) BOOST_TEST(wait_until([&] { return peer.has_mail(); }));
            fixture.connections.stop();
            fixture.is_locked = false;
            fixture.hold.open();
            if (!row.after.empty()) peer.say(row.after);
            BOOST_TEST(peer.hears(row.heard_after) == row.heard_after);
            BOOST_TEST(is_empty(fixture));
        }
    }
}

BOOST_AUTO_TEST_CASE(stop_leaves_those_alone_whose_first_request_may_be_on_its_way) {
    Fixture fixture{1};
    fixture.start();
    Peer& fresh = fixture.connect();
    Peer& half = fixture.connect_and_say(ping + ping.substr(0, 40));
    BOOST_TEST(half.hears("answer 1: pong") == "answer 1: pong");
    Peer& begun = fixture.connect_and_say(whole_reel);
    BOOST_TEST(wait_until([&] { return begun.has_mail(); }));
    fixture.connections.stop();
    BOOST_TEST(fixture.connections.count() == 3u);
    // Then they have had their time.
    fixture.connections.wait_until_empty(1ms);
    BOOST_TEST(fresh.hears("EOF") == "EOF");
    BOOST_TEST(wait_until([&] { return fixture.connections.count() == 2; }));
    half.say(ping.substr(40));
    BOOST_TEST(half.hears("2 times answer 1: pong; EOF") == "2 times answer 1: pong; EOF");
    BOOST_TEST(begun.hears("answer 1: reel; EOF") == "answer 1: reel; EOF");
    BOOST_TEST(is_empty(fixture));
}

BOOST_AUTO_TEST_CASE(last_connection_ends_the_wait) {
    Fixture fixture{2};
    fixture.start();
    Peer& fresh = fixture.connect();
    Peer& peer = fixture.connect_and_say(request("/held"));
    BOOST_TEST_REQUIRE(fixture.hold.holds(1));
    fixture.connections.stop();
    std::atomic<bool> is_over{false};
    std::thread waits{[&] {
        fixture.connections.wait_until_empty(3 * max_wait);
        is_over = true;
    }};
    // It is only the end of the other that is waited for now.
    BOOST_TEST(fresh.hears("EOF") == "EOF");
    fixture.hold.open();
    BOOST_TEST(peer.hears("answer 1: clip; EOF") == "answer 1: clip; EOF");
    BOOST_TEST(wait_until([&] { return is_over.load(); }));
    waits.join();
}

BOOST_AUTO_TEST_CASE(where_there_is_none_nothing_is_waited_for) {
    Fixture fixture{1};
    std::atomic<bool> is_over{false};
    std::thread waits{[&] {
        fixture.connections.wait_until_empty(3 * max_wait);
        is_over = true;
    }};
    BOOST_TEST(wait_until([&] { return is_over.load(); }));
    waits.join();
}

BOOST_AUTO_TEST_CASE(connections_that_are_left_are_cut_off_and_told_once) {
    const CapturedStderr captured;
    const std::string told =
        "reelgate: warning: stop: 2 connections: not done within the grace period: cut off\n";
    Fixture fixture{1};
    fixture.start();
    Peer& idle = fixture.connect();
    Peer& held = fixture.connect_and_say(request("/held"));
    BOOST_TEST_REQUIRE(fixture.hold.holds(1));
    fixture.connections.cut_off();
    BOOST_TEST(captured.text() == told);
    BOOST_TEST(held.hears("EOF") == "EOF");
    fixture.hold.open();
    BOOST_TEST(idle.hears("EOF") == "EOF");
    BOOST_TEST(is_empty(fixture));
    BOOST_TEST(fixture.counted(Counter::ended_stalled) == 1u);
    fixture.connect();
    fixture.connections.cut_off();
    BOOST_TEST(captured.text() == told);
}

struct LeftRow {
    std::string_view name;
    int count;
    std::string_view told;
};

const LeftRow left[] = {
    {.name = "none", .count = 0, .told = ""},
    {.name = "one", .count = 1,
     .told = "reelgate: warning: stop: 1 connections: not done within the grace period: cut off\n"},
};

BOOST_AUTO_TEST_CASE(connections_that_are_left_are_closed_with_all) {
    for (const LeftRow& row : left) {
        BOOST_TEST_CONTEXT(row.name) {
            const CapturedStderr captured;
            EventLoop loop;
            Worker worker;
            std::vector<Peer> peers;
            {
                Connections connections{loop, 5000, 0s};
                for (int i = 0; i < row.count; ++i) {
                    SocketPair pair = pair_of_unix_sockets();
                    worker.buffer.resize(1000);
                    connections.add(std::move(pair.connection), Transport::unix_socket).handle(EPOLLIN, worker);
                    peers.emplace_back(std::move(pair.peer));
                }
            }
            BOOST_TEST(captured.text() == row.told);
            for (Peer& peer : peers) BOOST_TEST(peer.heard() == "EOF");
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::engine
