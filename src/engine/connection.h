// Owns one connection from a web server: what has come, what is being answered, what goes out next.
// Does not wait, and does not know threads: the thread that has its event lets it proceed.
// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/statistics.h"
#include "gateway/fastcgi.h"
#include "gateway/record_reader.h"
#include "gateway/response_writer.h"
#include "handler.h"
#include "posix/unique_fd.h"

namespace reelgate::engine {

using Clock = std::chrono::steady_clock;

/// What a thread lends to the connection that it lets proceed.
struct Worker {
    Tally tally;
    gateway::RequestDecoder decoder;
    std::vector<char> buffer;  ///< for reading
    std::unique_ptr<Handler> handler;  ///< its own; absent until it is first asked
    std::uint64_t version = 0;         ///< of the settings that the handler has
    std::atomic<Clock::rep> asking_since{0};  ///< when it began to ask the catalogue; 0: it does not
    /// Answers a request about a video; nothing where it is to be asked again: the catalogue is locked, or has all other
    /// threads. With `is_last_try`, a locked catalogue is answered with 503.
    std::function<std::optional<Answer>(const http::Request&, bool is_last_try)> answer;
    std::function<std::optional<http::Response>(const http::Request&)> monitor;  ///< nothing where it asks for a video
};

/// What a connection waits for.
enum class Wait {
    readable,
    writable,          ///< and, to notice an abort, readable
    writable_only,     ///< nothing more is to be read for now
    a_moment,          ///< it asks the catalogue again after a moment; no thread may have it until then
    nothing,           ///< it is over: close
};

/// What carries a connection.
enum class Transport { unix_socket, internet };

/// A connection, from its first byte to its end. Its phase decides what an event means:
///
///     phase      event                                      phase after it
///     reading    a request is whole                         asking; answering, if it is about the server itself
///                it is aborted, or is for another role      reading; draining, if the connection is not kept
///                this is no FastCGI                         draining
///                params are cut off                         the end
///                the peer has ended, or has gone            closed
///     asking     the catalogue is locked                    asking: again after a moment, at last with 503
///                the catalogue answers                      answering
///                the peer says more, or goes                asking: it is not noticed before the answer
///     answering  all is written                             reading; the end, if the connection is not kept
///                it is aborted                              answering: the rest is left out
///                the next request begins                    answering: it is held until all is written
///                too many replies wait                      answering: nothing is read until they are written
///                the peer has ended, or is no FastCGI       answering: nothing more is read, then the end
///                the peer has gone                          closed
///                the file is not what was announced         closed: no end of the answer is written
///     draining   all is written                             the end
///                the peer has gone                          closed
///     the end    over a Unix socket                         closed
///                over TCP                                   lingering
///     lingering  the peer says more                         lingering: it is thrown away
///                the peer has ended, or has gone            closed
///
/// A full socket, or a turn that is used up, leaves the phase as it is. A failure of ours closes in each.
class Connection {
public:
    /// What is going on.
    enum class Phase {
        reading,    ///< a request, or its beginning, is awaited
        asking,     ///< a whole request waits until the catalogue can be asked
        answering,  ///< a whole request is being answered
        draining,   ///< what was said last is being written: then it is over
        lingering,  ///< everything is written: the peer's end is awaited, since closing before would lose what it has
                    ///< not taken yet
    };

    /// Takes a non-blocking connection. `viewers` are those that are being answered; what FCGI_GET_VALUES is told of
    /// the number of connections is `most_connections`.
    Connection(posix::UniqueFd fd, Transport transport, std::size_t most_connections, Viewers& viewers);
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection() { leave(); }

    /// Goes on until it would have to wait. `is_readable` says that it is known to be.
    Wait proceed(Worker& worker, bool is_readable);

    /// Takes note that it will be closed because of a failure of ours.
    void give_up(Worker& worker) noexcept { end_answer(worker, aborted); }

    int fd() const { return fd_.get(); }

    /// Returns what is going on. Any thread may ask.
    Phase phase() const { return phase_; }

    /// Whether no request, nor part of one, has come since the last was answered: nothing is lost by closing. May be
    /// asked by any thread while the connection waits.
    bool is_idle() const { return is_idle_; }

    /// Whether nothing at all has come yet: its first request may be on its way. As is_idle.
    bool is_new() const { return is_new_; }

    /// Returns when the peer last did its part of what is going on: it began a request, or took some of the answer. What
    /// it says while it takes nothing does not count. Zero where nothing is going on, or a thread has the connection. Any
    /// thread may ask.
    Clock::duration waiting_since() const {
        const bool is_waited_for = is_handed_over_ && !is_idle_ && phase_ != Phase::asking;
        return is_waited_for ? Clock::duration{progress_} : Clock::duration{};
    }

    /// Tells whether everything was written, and the peer has only to take it and to end the connection. Any thread may
    /// ask.
    bool is_lingering() const { return phase_ == Phase::lingering; }

    /// Tells whether the peer had taken everything when look_at_peer() last looked, and only its end is waited for. Any
    /// thread may ask.
    bool awaits_end() const { return is_lingering() && untaken_ == 0; }

    /// Notes progress if the peer has taken something since this was last asked; any thread may. A socket is writable
    /// again only when much of it is free: a slow viewer takes bytes long before that.
    void look_at_peer();

    /// Says that it will be cut off for having waited too long; any thread may.
    void mark_stalled() { is_stalled_ = true; }

    /// The last thing that a thread does with a connection before it arms it for others. What proceed() of the next
    /// thread begins with sees all that was done before.
    void hand_over() { is_handed_over_.store(true, std::memory_order_release); }

    /// Its place in the engine's list.
    std::list<Connection*>::iterator place;

private:
    enum class Step { again, wait, close };

    /// Whether what the peer sends is read while it is being answered.
    enum class Input {
        open,
        held,   ///< its next request has begun: not before this one is answered
        full,   ///< enough replies wait to be sent: not before they are
        ended,  ///< it has ended, or is no FastCGI
    };

    /// How an answer ended: as what it is counted, and what the log says.
    struct Ending {
        Counter counter;
        const char* name;
    };
    static constexpr Ending complete{Counter::ended_complete, "complete"};
    static constexpr Ending aborted{Counter::ended_aborted, "aborted"};
    static constexpr Ending stalled{Counter::ended_stalled, "stalled"};
    static constexpr Ending broken{Counter::ended_broken, "broken"};

    Step advance(Worker& worker);
    Step receive(Worker& worker);
    Step take(Worker& worker, std::string_view bytes);
    Step begin_answer(Worker& worker);
    Step ask(Worker& worker);
    Step begin_sending(Answer answer);
    Step send(Worker& worker);
    Step linger(Worker& worker);
    Step end();
    void look_for_abort(Worker& worker);
    void read_while_answering(std::string_view bytes);
    void reopen_input();
    void note_progress() { progress_ = Clock::now().time_since_epoch().count(); }
    void count_sent(Worker& worker);
    void end_answer(Worker& worker, Ending ending) noexcept;
    void make_room();
    void enter();
    void leave();
    Wait wait();

    posix::UniqueFd fd_;
    Transport transport_;
    gateway::RecordReader reader_;
    gateway::ResponseWriter writer_;
    Viewers& viewers_;
    std::optional<http::Request> asked_;  ///< while asking
    Answer answer_;
    std::string target_;  ///< of the request that is being answered, for the log
    std::string unread_;  ///< came after a request that is being answered
    std::uint64_t planned_ = 0;
    std::uint64_t counted_ = 0;  ///< of the bytes that have been sent
    Clock::time_point begin_;
    std::atomic<Phase> phase_{Phase::reading};  ///< changed only by the thread that lets it proceed
    Input input_ = Input::open;
    bool is_viewer_ = false;     ///< it is being answered about a video
    bool is_cut_short_ = false;  ///< the web server has aborted the request
    bool is_roomy_ = false;      ///< its socket was made to hold more
    std::uint64_t read_ = 0;     ///< bytes in the present turn
    int begun_ = 0;              ///< requests in the present turn
    std::atomic<bool> is_handed_over_{false};
    std::atomic<bool> is_idle_{true};
    std::atomic<bool> is_new_{true};
    std::atomic<int> untaken_{0};  ///< bytes in the socket when look_at_peer() last looked
    std::atomic<bool> is_stalled_{false};
    std::atomic<Clock::rep> progress_{0};
};

}  // namespace reelgate::engine
