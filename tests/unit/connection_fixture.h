// Owns one connection and all that is around it: the engine that lets it proceed, the catalogue that answers it, the
// web server at its other end. Only this file knows how to make, run and inspect a connection.
// Does not expect anything: rows do.
// SPDX-License-Identifier: MIT
#pragma once

#include <fcntl.h>
#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/connection.h"
#include "fail_test.h"
#include "position_coded.h"
#include "records.h"
#include "sent_file.h"
#include "socket_pair.h"
#include "temporary_folder.h"

namespace reelgate::engine {

using Phase = Connection::Phase;

/// What a test waits for at the most before it fails.
constexpr std::chrono::seconds patience{20};

constexpr std::size_t clip_length = 8;
constexpr std::size_t film_length = 400'000;
constexpr std::size_t reel_length = 2'500'000;

/// Film and clip are its beginnings.
inline const std::string& reel() {
    static const std::string content = position_coded(reel_length);
    return content;
}

/// What is answered at once, and is more than a socket takes.
inline const std::string page(20'000, 'p');

inline std::string_view describe(std::optional<Phase> phase) {
    if (!phase) return "closed";
    switch (*phase) {
        case Phase::reading: return "reading";
        case Phase::asking: return "asking";
        case Phase::answering: return "answering";
        case Phase::draining: return "draining";
        case Phase::lingering: return "lingering";
    }
    return "none of them";
}

inline std::string_view describe(Wait wait) {
    switch (wait) {
        case Wait::readable: return "readable";
        case Wait::writable: return "writable";
        case Wait::writable_only: return "writable only";
        case Wait::a_moment: return "a moment";
        case Wait::storage: return "storage";
        case Wait::lost: return "lost";
        case Wait::nothing: return "nothing";
    }
    return "none of them";
}

inline std::string describe(Situation situation) {
    switch (situation) {
        case Situation::busy: return "busy";
        case Situation::fresh: return "fresh";
        case Situation::idle: return "idle";
        case Situation::parked: return "parked";
        case Situation::waiting: return "waiting";
        case Situation::lingering: return "lingering";
    }
    return "none of them";
}

/// Says what a peer makes of the content of an answer.
inline std::string describe_content(std::string_view content) {
    if (content.empty()) return "nothing";
    if (content == page) return "page";
    if (content == reel()) return "reel";
    if (reel().starts_with(content))
        return content.size() == clip_length ? "clip" : content.size() == film_length ? "film" : "part of the reel";
    return std::string{content};
}

inline std::string describe_answer(std::string_view text) {
    const std::size_t end_of_head = text.find("\r\n\r\n");
    if (end_of_head == std::string_view::npos) return "without a head";
    const std::string_view ok = "Status: 200 ";
    const std::string status = text.starts_with(ok) ? "" : std::string{text.substr(8, 3)} + " ";
    return status + describe_content(text.substr(end_of_head + 4));
}

inline std::string describe_status(std::string_view end_request) {
    switch (static_cast<gateway::ProtocolStatus>(end_request[4])) {
        case gateway::ProtocolStatus::request_complete: return "complete";
        case gateway::ProtocolStatus::cant_mpx_conn: return "one at a time";
        case gateway::ProtocolStatus::overloaded: return "overloaded";
        case gateway::ProtocolStatus::unknown_role: return "unknown role";
    }
    return "none of them";
}

/// Joins what was told; what was told several times in a row is counted.
inline std::string join(const std::vector<std::string>& told) {
    std::string text;
    for (auto first = told.begin(); first != told.end();) {
        const auto last = std::find_if(first, told.end(), [&](const std::string& other) { return other != *first; });
        if (!text.empty()) text += "; ";
        if (last - first > 1) text += std::to_string(last - first) + " times ";
        text += *first;
        first = last;
    }
    return text;
}

/// Says what a web server makes of bytes: "answer ID: CONTENT" of a whole answer, "end ID: STATUS", "values",
/// "unknown type TYPE"; at last "answer ID begins", "cut off" where a record follows that is none, "part of a record".
inline std::vector<std::string> hear(std::string_view bytes) {
    using gateway::RecordType;
    std::vector<std::string> told;
    std::optional<std::string> answer;
    std::string id;
    bool is_ended = false;  // the answer's FCGI_STDOUT
    while (const auto record = gateway::take_record(bytes)) {
        const auto& [header, content] = *record;
        switch (header.type) {
            case RecordType::std_out:
                id = std::to_string(header.request_id);
                is_ended = content.empty();
                answer = answer.value_or("").append(content);
                break;
            case RecordType::end_request:
                if (!answer) {
                    told.push_back("end " + std::to_string(header.request_id) + ": " + describe_status(content));
                    break;
                }
                told.push_back("answer " + id + ": " + describe_answer(*answer) + (is_ended ? "" : " without end"));
                answer.reset();
                break;
            case RecordType::get_values_result: told.push_back("values"); break;
            case RecordType::unknown_type:
                told.push_back("unknown type " + std::to_string(static_cast<unsigned char>(content[0])));
                break;
            default: told.push_back("type " + std::to_string(static_cast<int>(header.type)));
        }
    }
    const bool is_cut_off = bytes == std::string(gateway::record_header_length, '\0');
    if (answer) told.push_back("answer " + id + " begins");
    if (is_cut_off) told.push_back("cut off");
    if (!answer && !is_cut_off && !bytes.empty()) told.push_back("part of a record");
    return told;
}

/// A request as a web server sends it; the connection is kept, unless `flags` says otherwise.
inline std::string request(std::string_view target, std::uint16_t id = 1, unsigned char flags = gateway::keep) {
    std::string params;
    gateway::append_name_value(params, "REQUEST_METHOD", "GET");
    gateway::append_name_value(params, "REQUEST_URI", target);
    return gateway::begin(id, flags) + gateway::rest(params, id);
}

/// Prepares libfcgi, whose handlers of signals would keep the tests from being ended.
inline void prepare_decoder() {
    static const bool is_prepared = [] {
        gateway::initialise_fastcgi();
        for (const int number : {SIGTERM, SIGUSR1}) std::signal(number, SIG_DFL);
        return true;
    }();
    BOOST_TEST_REQUIRE(is_prepared);
}

/// How the catalogue is.
enum class Catalogue { free, locked, failing, without_film };

/// How the storage is that the film is on.
enum class StorageState { well, slow, hung };

/// How much the socket holds that the connection writes into.
enum class Socket { narrow, wide };

/// A connection that was accepted, and the web server at its other end. "/ping" and "/page" are the server's own,
/// "/film", "/reel" and "/clip" are in the catalogue.
class Fixture {
public:
    explicit Fixture(Transport transport = Transport::unix_socket, Socket socket = Socket::narrow) {
        prepare_decoder();
        SocketPair pair = transport == Transport::internet ? narrow_pair_over_tcp() : pair_of_unix_sockets();
        if (transport == Transport::unix_socket && socket == Socket::narrow) shrink(pair.connection);
        peer_ = std::move(pair.peer);
        if (fcntl(peer_.get(), F_SETFL, O_NONBLOCK) != 0) fail_test("prepare", "peer");
        worker_.buffer.resize(std::size_t{64} << 10);
        worker_.monitor = [this](const http::Request& request) { return monitor(request); };
        worker_.answer = [this](const http::Request& request, Clock::duration age) {
            return answer(request, age >= catalog::lock_patience);
        };
        worker_.storage = &storage_;
        worker_.serving = &waiting_;
        worker_.admit = [this] { return viewers_.admit(max_viewers_); };
        connection_ = std::make_unique<Connection>(std::move(pair.connection), transport, 5000);
        proceed(true);
    }

    // What the engine does

    /// Lets it proceed, if what it waits for has come. Tells whether it had.
    bool let_proceed() {
        if (!connection_) return false;
        if (is_parked()) return proceed(false), true;
        pollfd waited{connection_->fd(), events(), 0};
        if (poll(&waited, 1, 0) != 1) return false;
        return proceed((waited.revents & POLLIN) != 0), true;
    }

    /// Lets it proceed, and says that it is readable, whatever it waits for.
    void proceed_as_readable() { proceed(true); }

    /// Looks at how much the peer has taken.
    void look_at_peer() { connection_->view().look_at_peer(); }

    /// Cuts it off since its peer does nothing.
    void cut_off_as_stalled() {
        connection_->view().cut_off();
        let_proceed();
    }

    /// Gives it up since something of ours has failed.
    void give_up() {
        connection_->give_up(worker_);
        close();
    }

    // What the peer does

    void say(std::string_view bytes) {
        const bool was_said = write(peer_.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size());
        BOOST_TEST_REQUIRE(was_said);
        await(POLLIN);
    }

    /// Takes what is there.
    void take() {
        char buffer[65536];
        ssize_t n = 0;
        while ((n = read(peer_.get(), buffer, sizeof buffer)) > 0) taken_.append(buffer, static_cast<std::size_t>(n));
        // That it was reset is said once, and EOF from then on.
        if (end_.empty() && n <= 0 && (n == 0 || errno == ECONNRESET)) end_ = n == 0 ? "EOF" : "reset";
    }

    /// Takes everything, and lets the connection proceed, until there is nothing to take any more.
    void take_all() {
        const auto deadline = Clock::now() + patience;
        do {
            BOOST_TEST_REQUIRE((Clock::now() < deadline));
            take();
        } while (!is_parked() && (let_proceed() || is_on_its_way()));
        take();
    }

    void end() {
        shutdown(peer_.get(), SHUT_WR);
        await(POLLRDHUP);
    }

    void leave() {
        peer_ = {};
        await(POLLRDHUP);
    }

    void reset() {
        const linger at_once{1, 0};
        setsockopt(peer_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        leave();
    }

    // What becomes of catalogue and file

    void set_catalogue(Catalogue catalogue) { catalogue_ = catalogue; }

    void set_storage(StorageState state) {
        storage_state_ = state;
        constexpr std::chrono::hours long_time{1};
        const auto now = Clock::now().time_since_epoch();
        Lane& lane = storage_.lane_of(device);
        lane.note_slow(now, state == StorageState::well ? now - long_time : now + long_time);
        if (state == StorageState::hung) lane.judge(now + long_time, std::chrono::seconds{1});
        lane.tell_news();
    }

    /// Returns whether the watch has the connection looked at, while the storage is slow or hangs.
    bool has_news(bool is_hung) const { return connection_->view().has_news(is_hung); }

    /// Does what the watch does to a request whose storage does not answer.
    void turn_away() {
        is_thread_lost_ = false;
        connection_->turn_away();
        proceed(false);
    }

    /// Lets another viewer have the last seat.
    void take_last_seat() {
        max_viewers_ = 1;
        other_viewer_ = viewers_.admit(max_viewers_);
    }

    /// From now on a thread of the film's device serves it.
    void serve_in_lane() { worker_.lane = &storage_.lane_of(device); }

    /// From now on a thread of another device serves it.
    void serve_in_other_lane() { worker_.lane = &storage_.lane_of(other_device); }

    /// Lets storage count as hung at once.
    void take_all_patience() { storage_.set_timeout(std::chrono::seconds{0}); }

    /// From now on another thread takes the connection over while this one asks for an answer.
    void lose_thread() { is_thread_lost_ = true; }

    void set_file_length(std::size_t length) {
        if (truncate(file_.c_str(), static_cast<off_t>(length)) != 0) fail_test("truncate", file_);
    }

    /// Lets it ask the catalogue again, until that is the last time.
    void wait_for_last_try() {
        const auto deadline = Clock::now() + patience;
        while (!is_last_try_ && let_proceed()) BOOST_TEST_REQUIRE((Clock::now() < deadline));
    }

    // What came of it

    std::optional<Phase> phase() const { return connection_ ? std::optional{connection_->phase()} : std::nullopt; }
    Wait wait() const { return wait_; }
    std::size_t viewers() const { return viewers_.now(); }

    /// Says what any thread may know of it.
    std::string view() const {
        std::vector<std::string> told;
        const ConnectionView& view = connection_->view();
        told.push_back(describe(view.situation()));
        if (view.waiting_since().count() > 0) told.push_back("its peer is waited for");
        if (view.awaits_end()) told.push_back("nothing is left to take");
        return join(told);
    }

    /// Says what any thread knew of it when a request of ours was answered last.
    const std::string& view_meanwhile() const { return view_meanwhile_; }

    /// Looks at the peer, and returns when it last did its part.
    Clock::duration progress() const {
        connection_->view().look_at_peer();
        return connection_->view().waiting_since();
    }

    /// Says what the peer has got; how its side was ended at last, if it was.
    std::string taken() {
        take();
        std::vector<std::string> told = hear(taken_);
        if (!end_.empty()) told.push_back(end_);
        return join(told);
    }

    std::size_t taken_bytes() const { return taken_.size(); }

    /// Says how answers ended, those to viewers and those of the server's own.
    std::string counted() const {
        Counts counts{};
        worker_.tally.add_to(counts);
        std::vector<std::string> told;
        const std::pair<Counter, const char*> names[] = {{Counter::ended_complete, "complete"},
                                                         {Counter::ended_aborted, "aborted"},
                                                         {Counter::ended_stalled, "stalled"},
                                                         {Counter::ended_broken, "broken"},
                                                         {Counter::monitoring, "monitoring"}};
        for (const auto& [counter, name] : names) told.insert(told.end(), at(counts, counter), name);
        return join(told);
    }

    /// Counts the bytes of content that viewers were sent.
    std::uint64_t counted_bytes() const {
        Counts counts{};
        worker_.tally.add_to(counts);
        return at(counts, Counter::bytes_sent);
    }

    /// Lets the connection go, as the engine does when it ends.
    void close() {
        connection_.reset();
        other_viewer_.reset();
        wait_ = Wait::nothing;
    }

private:
    /// What turns a request away, instead of the owner of all connections.
    struct TurnedAway final : Waiting {
        void go_on(Worker&) noexcept override {}
        void turn_away() noexcept override {}
        const void* film() const noexcept override { return nullptr; }
        bool has_news(bool) const noexcept override { return false; }
    };

    bool is_parked() const { return wait_ == Wait::a_moment || wait_ == Wait::storage || wait_ == Wait::lost; }

    void proceed(bool is_readable) {
        try {
            wait_ = connection_->proceed(worker_, is_readable);
        } catch (const std::exception&) {
            return give_up();
        }
        if (wait_ == Wait::nothing) return close();
        connection_->view().hand_over(connection_->situation());
    }

    short events() const {
        switch (wait_) {
            case Wait::readable: return POLLIN;
            case Wait::writable: return POLLIN | POLLOUT;
            case Wait::writable_only: return POLLOUT;
            case Wait::a_moment: case Wait::storage: case Wait::lost: case Wait::nothing: break;
        }
        return 0;
    }

    /// Waits until what the peer has done has arrived.
    void await(short events) const {
        if (!connection_) return;
        pollfd awaited{connection_->fd(), events, 0};
        BOOST_TEST_REQUIRE(poll(&awaited, 1, std::chrono::milliseconds{patience}.count()) == 1);
    }

    /// Tells whether the peer will get something that was written, once it has arrived.
    bool is_on_its_way() const {
        int unsent = 0, untaken = 0;
        if (connection_) ioctl(connection_->fd(), SIOCOUTQ, &unsent);
        ioctl(peer_.get(), FIONREAD, &untaken);
        return unsent > 0 || untaken > 0;
    }

    static http::Response ok(http::Piece piece) { return {200, {}, {std::move(piece)}}; }

    std::optional<http::Response> monitor(const http::Request& request) {
        view_meanwhile_ = view();
        if (request.target == "/ping") return ok("pong");
        if (request.target == "/page") return ok(page);
        return std::nullopt;
    }

    std::variant<Answer, Busy> answer(const http::Request& request, bool is_last_try) {
        is_last_try_ = is_last_try;
        if (is_thread_lost_) worker_.turn_away();
        if (storage_state_ != StorageState::well) return Busy{&storage_.lane_of(device)};
        if (catalogue_ == Catalogue::failing) throw std::runtime_error{"catalogue"};
        if (catalogue_ == Catalogue::locked && !is_last_try) return Busy{};
        if (catalogue_ == Catalogue::locked) return Answer{{503, {}, {}}, std::nullopt, {}};
        if (catalogue_ == Catalogue::without_film) return Answer{{404, {}, {}}, std::nullopt, {}};
        const bool is_clip = request.target == "/clip", is_film = request.target == "/film";
        const std::uint64_t length = is_clip ? clip_length : is_film ? film_length : reel_length;
        return Answer{ok(http::ByteRange{0, length - 1}), file(),
                      std::make_unique<const LoggedAnswer>(
                          LoggedAnswer{1, request.target.substr(1), request.method, "-", 200, "-"})};
    }

    media::MediaFile file() {
        if (file_.empty()) file_ = folder_.write("reel.mp4", reel());
        auto fd = std::make_shared<const posix::UniqueFd>(open(file_.c_str(), O_RDONLY | O_CLOEXEC));
        if (!*fd) fail_test("open", file_);
        const gateway::Content content = sent_file(fd->get());
        return {fd, reel_length, {}, content.version, device};
    }

    static constexpr dev_t device = 1, other_device = 2;

    TemporaryFolder folder_;
    std::string file_;  // empty until it is asked for
    Catalogue catalogue_ = Catalogue::free;
    StorageState storage_state_ = StorageState::well;
    bool is_last_try_ = false, is_thread_lost_ = false;
    Viewers viewers_;
    std::size_t max_viewers_ = 0;
    Viewers::Seat other_viewer_;
    Storage storage_{std::chrono::seconds{1}};
    TurnedAway waiting_;
    Worker worker_;
    posix::UniqueFd peer_;
    std::unique_ptr<Connection> connection_;
    Wait wait_ = Wait::readable;
    std::string taken_, end_, view_meanwhile_;
};

}  // namespace reelgate::engine
