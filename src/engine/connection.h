// Owns one connection from a web server: what has come, what is being answered, what goes out next.
// Does not wait, and does not know threads: whoever has it at the moment lets it proceed.
// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
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
    std::function<Answer(const http::Request&)> answer;
    std::function<std::optional<http::Response>(const http::Request&)> monitor;  ///< nothing where it asks for a video
};

/// What a connection waits for.
enum class Wait {
    readable,
    writable,          ///< and, to notice an abort, readable
    writable_only,     ///< nothing more is to be read for now
    its_turn,          ///< it could go on, and lets others go first
    nothing,           ///< it is over: close
};

class Connection {
public:
    /// Takes a non-blocking connection. `viewers` are those that are being answered; what FCGI_GET_VALUES is told of
    /// the number of connections is `most_connections`.
    Connection(posix::UniqueFd fd, std::size_t most_connections, Viewers& viewers);
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection() { leave(); }

    /// Goes on until it would have to wait. `is_readable` says that it is known to be.
    Wait proceed(Worker& worker, bool is_readable);

    /// Takes note that it will be closed because of a failure of ours.
    void give_up(Worker& worker) { end_answer(worker, aborted); }

    int fd() const { return fd_.get(); }

    /// Whether no request, nor part of one, has come since the last was answered: nothing is lost by closing. May be
    /// asked by any thread while the connection waits.
    bool is_idle() const { return is_idle_; }

    /// Whether nothing at all has come yet: its first request may be on its way. As is_idle.
    bool is_new() const { return is_new_; }

    /// When it began to wait for the peer in the middle of something; zero where it does not. As is_idle.
    Clock::duration waiting_since() const { return Clock::duration{waiting_since_}; }

    /// Begins the waiting anew if the peer has taken something since this was last asked; any thread may. A socket is
    /// writable again only when much of it is free: a slow viewer takes bytes long before that.
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

    /// How an answer ended: as what it is counted, and what the log says.
    struct Ending {
        Counter counter;
        const char* name;
    };
    static constexpr Ending complete{Counter::ended_complete, "complete"};
    static constexpr Ending aborted{Counter::ended_aborted, "aborted"};
    static constexpr Ending stalled{Counter::ended_stalled, "stalled"};
    static constexpr Ending broken{Counter::ended_broken, "broken"};

    Step receive(Worker& worker);
    Step take(Worker& worker, std::string_view bytes);
    Step begin_answer(Worker& worker);
    Step send(Worker& worker);
    void look_for_abort(Worker& worker);
    void read_while_answering(std::string_view bytes);
    void count_sent(Worker& worker);
    void end_answer(Worker& worker, Ending ending);
    void make_room();
    void enter();
    void leave();
    Wait wait();

    posix::UniqueFd fd_;
    gateway::RecordReader reader_;
    gateway::ResponseWriter writer_;
    Viewers& viewers_;
    Answer answer_;
    std::string target_;  ///< of the request that is being answered, for the log
    std::string unread_;  ///< came after a request that is being answered
    std::uint64_t planned_ = 0;
    std::uint64_t counted_ = 0;  ///< of the bytes that have been sent
    Clock::time_point begin_;
    bool is_answering_ = false;
    bool is_viewer_ = false;     ///< it is being answered about a video
    bool is_held_ = false;       ///< the next request has begun to come
    bool is_cut_short_ = false;  ///< the web server has aborted the request
    bool is_last_ = false;       ///< close as soon as everything is written
    bool has_yielded_ = false;
    bool input_ended_ = false;
    bool is_roomy_ = false;      ///< its socket was made to hold more
    std::uint64_t read_ = 0;     ///< bytes in the present turn
    std::atomic<bool> is_handed_over_{false};
    std::atomic<bool> is_idle_{true};
    std::atomic<bool> is_new_{true};
    std::atomic<int> untaken_{0};  ///< bytes in the socket when look_at_peer() last looked
    std::atomic<bool> is_stalled_{false};
    std::atomic<Clock::rep> waiting_since_{0};
};

}  // namespace reelgate::engine
