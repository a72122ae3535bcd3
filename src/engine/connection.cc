// Owns one connection from a web server: what has come, what is being answered, what goes out next.
// SPDX-License-Identifier: MIT
#include "engine/connection.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "log.h"

namespace reelgate::engine {

namespace {

using Incoming = gateway::Incoming;
using Progress = gateway::ResponseWriter::Progress;

/// Bytes after which a connection lets others go first.
constexpr std::uint64_t turn = std::uint64_t{1} << 20;

/// Requests after which it does: a web server that sends them without waiting for answers has thousands in those bytes.
constexpr int turn_requests = 16;

/// What a fast viewer is: one who took so many bytes, so many of them a second. Whoever watches takes far less.
constexpr std::uint64_t fast_bytes = std::uint64_t{8} << 20;
constexpr double fast_rate = 16 << 20;

/// Bytes that a Unix socket is to hold for a fast viewer; it gets no more than twice net.core.wmem_max, which is twice
/// the usual. Thus whoever sends and whoever receives are woken half as often: a whole film through nginx took a third
/// more time without it. Not for everybody, since that much of the page cache is held while a viewer pauses.
constexpr int roomy_buffer = 1 << 20;

/// Bytes that are read at a time while a request is answered: an FCGI_ABORT_REQUEST has eight. What is read of the next
/// request is kept until then, by every viewer whose web server does not wait.
constexpr std::size_t read_while_answering_length = 4096;

/// Empties a string and gives its memory back, which an assignment would keep.
void forget(std::string& text) { std::string{}.swap(text); }

}  // namespace

Connection::Connection(posix::UniqueFd fd, Transport transport, std::size_t most_connections, Viewers& viewers)
    : fd_(std::move(fd)), transport_(transport), reader_(most_connections), viewers_(viewers) {}

void Connection::enter() {
    viewers_.enter();
    is_viewer_ = true;
}

void Connection::leave() {
    if (std::exchange(is_viewer_, false)) viewers_.leave();
}

Wait Connection::proceed(Worker& worker, bool is_readable) {
    is_handed_over_.exchange(false, std::memory_order_acquire);
    if (is_idle_) note_progress();
    is_idle_ = false;
    read_ = 0;
    begun_ = 0;
    if (is_readable && phase_ == Phase::answering && input_ == Input::open) look_for_abort(worker);
    Step step = Step::again;
    while (step == Step::again) step = advance(worker);
    if (step == Step::close) return Wait::nothing;
    return wait();
}

Connection::Step Connection::advance(Worker& worker) {
    switch (phase_) {
        case Phase::reading: return receive(worker);
        case Phase::asking: return ask(worker);
        case Phase::answering:
        case Phase::draining: return send(worker);
        case Phase::lingering: return linger(worker);
    }
    return Step::close;
}

/// Notes for other threads what it waits for.
Wait Connection::wait() {
    const bool is_written = writer_.is_done();
    const bool is_read = is_written && unread_.empty();
    is_idle_ = phase_ == Phase::reading && is_read && reader_.is_idle();
    switch (phase_) {
        case Phase::asking: return Wait::a_moment;
        case Phase::lingering: return Wait::readable;
        // What is not read now would make the connection readable for ever.
        case Phase::draining: return Wait::writable_only;
        case Phase::reading: return is_read ? Wait::readable : Wait::writable_only;
        case Phase::answering: return input_ == Input::open ? Wait::writable : Wait::writable_only;
    }
    return Wait::nothing;
}

void Connection::look_at_peer() {
    int untaken = 0;
    // Only a decrease counts: an increase is what we have written.
    if (ioctl(fd_.get(), SIOCOUTQ, &untaken) == 0 && untaken < untaken_.exchange(untaken)) note_progress();
}

/// Makes the socket roomy for a fast viewer. TCP finds the right size by itself, and would stop to.
void Connection::make_room() {
    if (transport_ != Transport::unix_socket || is_roomy_ || writer_.sent() < fast_bytes) return;
    const std::chrono::duration<double> taken = Clock::now() - begin_;
    if (static_cast<double>(writer_.sent()) < fast_rate * taken.count()) return;
    is_roomy_ = true;
    setsockopt(fd_.get(), SOL_SOCKET, SO_SNDBUF, &roomy_buffer, sizeof roomy_buffer);
}

/// Reads on, once the replies to what was read before are written.
Connection::Step Connection::receive(Worker& worker) {
    const Progress progress = writer_.is_done() ? Progress::done : writer_.write(fd_.get(), turn);
    if (progress != Progress::done) return progress == Progress::blocked ? Step::wait : Step::close;
    if (begun_ >= turn_requests) return Step::wait;
    if (!unread_.empty()) {
        const std::string bytes = std::exchange(unread_, {});
        return take(worker, bytes);
    }
    if (input_ == Input::ended) return end();
    if (read_ >= turn) return Step::wait;
    const ssize_t n = recv(fd_.get(), worker.buffer.data(), worker.buffer.size(), MSG_DONTWAIT);
    if (n > 0) {
        is_new_ = false;
        read_ += static_cast<std::uint64_t>(n);
        return take(worker, {worker.buffer.data(), static_cast<std::size_t>(n)});
    }
    if (n < 0 && errno == EINTR) return Step::again;
    return n < 0 && errno == EAGAIN ? Step::wait : Step::close;
}

Connection::Step Connection::take(Worker& worker, std::string_view bytes) {
    std::string replies;
    const Incoming incoming = reader_.read(bytes, replies);
    writer_.interject(replies);
    switch (incoming) {
        case Incoming::invalid:
            log(LogLevel::warning, "read request: connection: no valid FastCGI, or too long: closed");
            phase_ = Phase::draining;
            break;
        case Incoming::request: {
            const Step step = begin_answer(worker);
            if (phase_ == Phase::asking || phase_ == Phase::answering) read_while_answering(bytes);
            return step;
        }
        case Incoming::refused: phase_ = Phase::draining; break;
        case Incoming::aborted: {
            // Before anything was answered: "the application responds as soon as possible" (FastCGI 1.0 §5.4).
            std::string end;
            gateway::append_end_request(end, reader_.request_id(), gateway::ProtocolStatus::request_complete);
            writer_.interject(end);
            unread_ = bytes;
            if (!reader_.keeps_connection()) phase_ = Phase::draining;
            reader_.next();
            break;
        }
        case Incoming::full: unread_ = bytes; break;
        case Incoming::held:  // comes only while answering
        case Incoming::wanting: break;
    }
    return Step::again;
}

Connection::Step Connection::begin_answer(Worker& worker) {
    auto request = worker.decoder.decode(reader_.params());
    reader_.release();
    if (!request) {
        log(LogLevel::warning, "read request: connection: params are cut off: closed");
        return end();
    }
    ++begun_;
    target_ = request->target;
    begin_ = Clock::now();
    if (auto response = worker.monitor(*request)) {
        worker.tally.add(Counter::monitoring);
        phase_ = Phase::answering;
        Answer answer;
        answer.response = std::move(*response);
        return begin_sending(std::move(answer));
    }
    enter();
    asked_ = std::move(request);
    phase_ = Phase::asking;
    return ask(worker);
}

/// Asks for the answer. While the catalogue is locked, asks again later, and holds no thread in between.
Connection::Step Connection::ask(Worker& worker) {
    auto answer = worker.answer(*asked_, Clock::now() - begin_ >= media::lock_patience);
    if (!answer) return Step::wait;
    phase_ = Phase::answering;
    count_answer(worker.tally, *asked_, *answer);
    asked_.reset();
    return begin_sending(std::move(*answer));
}

Connection::Step Connection::begin_sending(Answer answer) {
    answer_ = std::move(answer);
    counted_ = 0;
    planned_ = http::content_length(answer_.response);
    // A parked viewer keeps what is left to be sent, and not the fields.
    writer_.begin(std::exchange(answer_.response, {}), answer_.file(), reader_.request_id());
    if (is_cut_short_) writer_.cut_short();  // while it asked
    // The catalogue may have taken its time: none of it was the peer's.
    note_progress();
    return Step::again;
}

/// As it goes: a film takes hours.
void Connection::count_sent(Worker& worker) {
    const std::uint64_t sent = writer_.sent();
    if (sent == counted_) return;
    if (is_viewer_) worker.tally.add(Counter::bytes_sent, sent - counted_);
    counted_ = sent;
    note_progress();
}

Connection::Step Connection::send(Worker& worker) {
    const Progress progress = writer_.write(fd_.get(), turn);
    count_sent(worker);
    switch (progress) {
        case Progress::blocked:
            make_room();
            reopen_input();
            return Step::wait;
        case Progress::yielded: return Step::wait;
        case Progress::aborted: end_answer(worker, is_stalled_ ? stalled : aborted); return Step::close;
        case Progress::broken:
            log(LogLevel::warning, {"send ", target_, ": ", writer_.why_broken(), ": cut off"});
            end_answer(worker, broken);
            return Step::close;
        case Progress::done: break;
    }
    if (phase_ == Phase::draining) return end();
    end_answer(worker, is_cut_short_ ? aborted : complete);
    is_cut_short_ = false;
    if (input_ != Input::ended) input_ = Input::open;
    const bool is_kept = reader_.keeps_connection();
    reader_.next();
    return is_kept ? Step::again : end();
}

/// Ends it in order. Over TCP, closing while the peer still says something would reset the connection, and lose what it
/// has not taken yet: there the peer ends it.
Connection::Step Connection::end() {
    if (transport_ == Transport::unix_socket) return Step::close;
    shutdown(fd_.get(), SHUT_WR);
    phase_ = Phase::lingering;
    look_at_peer();
    note_progress();
    return Step::again;
}

/// Throws away what the peer says after the end.
Connection::Step Connection::linger(Worker& worker) {
    if (read_ >= turn) return Step::wait;
    const ssize_t n = recv(fd_.get(), worker.buffer.data(), worker.buffer.size(), MSG_DONTWAIT);
    if (n > 0) read_ += static_cast<std::uint64_t>(n);
    if (n > 0 || (n < 0 && errno == EINTR)) return Step::again;
    return n < 0 && errno == EAGAIN ? Step::wait : Step::close;
}

/// Reads what the web server says while it is being answered: FCGI_ABORT_REQUEST, if anything.
void Connection::look_for_abort(Worker& worker) {
    const std::size_t length = std::min(worker.buffer.size(), read_while_answering_length);
    const ssize_t n = recv(fd_.get(), worker.buffer.data(), length, MSG_DONTWAIT);
    if (n == 0) input_ = Input::ended;  // it may still read; if not, writing will tell
    if (n <= 0) return;
    read_while_answering({worker.buffer.data(), static_cast<std::size_t>(n)});
}

void Connection::read_while_answering(std::string_view bytes) {
    std::string replies;
    Incoming incoming = Incoming::wanting;
    do {
        incoming = reader_.read(bytes, replies);
        if (incoming != Incoming::aborted) continue;
        is_cut_short_ = true;
        writer_.cut_short();
    } while (incoming == Incoming::aborted);
    writer_.interject(replies);
    unread_ = bytes;
    switch (incoming) {
        case Incoming::held: input_ = Input::held; break;
        case Incoming::full: input_ = Input::full; break;
        case Incoming::invalid:
            input_ = Input::ended;
            forget(unread_);
            break;
        default: input_ = writer_.interjected() < gateway::max_replies ? Input::open : Input::full;
    }
}

/// Reads on, where that was given up until replies are sent.
void Connection::reopen_input() {
    if (input_ != Input::full || writer_.interjected() > 0) return;
    const std::string bytes = std::exchange(unread_, {});
    read_while_answering(bytes);
}

void Connection::end_answer(Worker& worker, Ending ending) noexcept {
    if (phase_ != Phase::asking && phase_ != Phase::answering) return;
    const bool is_counted = is_viewer_ && phase_ == Phase::answering;
    phase_ = Phase::reading;
    asked_.reset();
    if (is_counted) worker.tally.add(ending.counter);
    leave();
    if (!answer_.summary.empty()) {
        char text[96];
        std::snprintf(text, sizeof text, ": %llu of %llu bytes in %.3f s: %s",
                      static_cast<unsigned long long>(writer_.sent()), static_cast<unsigned long long>(planned_),
                      std::chrono::duration<double>(Clock::now() - begin_).count(), ending.name);
        log(LogLevel::info, {"response ", answer_.summary, text});
    }
    // A connection that waits for its next request keeps nothing of this one.
    const Answer answered = std::exchange(answer_, {});
    forget(target_);
}

}  // namespace reelgate::engine
