// Owns one connection from a web server: what has come, what is being answered, what goes out next.
// SPDX-License-Identifier: MIT
#include "engine/connection.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <string>
#include <utility>

#include "log.h"

namespace reelgate::engine {

namespace {

using gateway::Incoming;
using Progress = gateway::ResponseWriter::Progress;

/// Bytes after which a connection lets others go first.
constexpr std::uint64_t turn_bytes = std::uint64_t{1} << 20;

/// Requests after which it does: a web server that sends them without waiting for answers has thousands in those bytes.
constexpr int turn_requests = 16;

/// Bytes that are read at a time while a request is answered: an FCGI_ABORT_REQUEST has eight. What is read of the next
/// request is kept until then, by every viewer whose web server does not wait.
constexpr std::size_t read_while_answering_length = 4096;

http::Response refuse(const http::Request& request) {
    return http::error_response(request.method, 503, "Too many viewers");
}

}  // namespace

Connection::Connection(posix::UniqueFd fd, Transport transport, std::size_t max_connections)
    : fd_(std::move(fd)), transport_(transport), view_(fd_.get()), send_buffer_(transport), input_(max_connections) {}

Wait Connection::proceed(Worker& worker, bool is_readable) {
    const Situation before = view_.take();
    if (before == Situation::fresh || before == Situation::idle) view_.note_progress();
    turn_ = {};
    if (is_readable && phase_ == Phase::answering && input_.gate() == Input::Gate::open) look_for_abort(worker);
    Step step = Step::again;
    while (step == Step::again) step = advance(worker);
    return step == Step::close ? Wait::nothing : wait();
}

Connection::Step Connection::advance(Worker& worker) {
    switch (phase_) {
        case Phase::reading: return receive(worker);
        case Phase::asking: return ask(worker);
        case Phase::answering: return send(worker);
        case Phase::draining: return drain();
        case Phase::lingering: return linger(worker);
    }
    return Step::close;
}

Wait Connection::wait() const {
    switch (phase_) {
        case Phase::asking: return Wait::a_moment;
        case Phase::lingering: return Wait::readable;
        // What is not read now would make the connection readable for ever.
        case Phase::draining: return Wait::writable_only;
        case Phase::reading: return has_read_all() ? Wait::readable : Wait::writable_only;
        case Phase::answering: return input_.gate() == Input::Gate::open ? Wait::writable : Wait::writable_only;
    }
    return Wait::nothing;
}

Situation Connection::situation() const {
    if (phase_ == Phase::asking) return Situation::parked;
    if (phase_ == Phase::lingering) return Situation::lingering;
    if (phase_ != Phase::reading || !has_read_all() || !input_.reader().is_idle()) return Situation::waiting;
    return is_fresh_ ? Situation::fresh : Situation::idle;
}

/// Reads on, once the replies to what was read before are written.
Connection::Step Connection::receive(Worker& worker) {
    const Progress progress = writer_.is_done() ? Progress::done : writer_.write(fd(), turn_bytes);
    if (progress != Progress::done) return progress == Progress::blocked ? Step::wait : Step::close;
    if (turn_.begun >= turn_requests) return Step::wait;
    if (input_.has_unread()) return take(worker, input_.take_unread());
    if (input_.gate() == Input::Gate::ended) return end();
    if (turn_.read >= turn_bytes) return Step::wait;
    const ssize_t n = recv(fd(), worker.buffer.data(), worker.buffer.size(), MSG_DONTWAIT);
    if (n > 0) {
        is_fresh_ = false;
        turn_.read += static_cast<std::uint64_t>(n);
        return take(worker, {worker.buffer.data(), static_cast<std::size_t>(n)});
    }
    if (n < 0 && errno == EINTR) return Step::again;
    return n < 0 && errno == EAGAIN ? Step::wait : Step::close;
}

Connection::Step Connection::take(Worker& worker, std::string_view bytes) {
    switch (input_.read(bytes, writer_)) {
        case Incoming::request: return begin_answer(worker);
        case Incoming::invalid:
            log(LogLevel::warning, "read request: connection: no valid FastCGI, or too long: closed");
            phase_ = Phase::draining;
            break;
        case Incoming::refused: phase_ = Phase::draining; break;
        case Incoming::aborted: {
            // Before anything was answered: "the application responds as soon as possible" (FastCGI 1.0 §5.4).
            std::string end;
            gateway::append_end_request(end, input_.reader().request_id(), gateway::ProtocolStatus::request_complete);
            writer_.interject(end);
            return go_on();
        }
        case Incoming::full:
        case Incoming::held:  // comes only while answering
        case Incoming::wanting: break;
    }
    return Step::again;
}

Connection::Step Connection::begin_answer(Worker& worker) {
    auto request = worker.decoder.decode(input_.reader().params());
    input_.forget_params();
    if (!request) {
        log(LogLevel::warning, "read request: connection: params are cut off: closed");
        return end();
    }
    ++turn_.begun;
    exchange_.begin(std::move(*request));
    if (auto response = worker.monitor(exchange_.request())) {
        worker.tally.add(Counter::monitoring);
        Answer answer;
        answer.response = std::move(*response);
        begin_sending(exchange_.answer(std::move(answer), nullptr));
    } else if (Viewers::Seat seat = worker.admit()) {
        exchange_.seat(std::move(seat));
        phase_ = Phase::asking;
    } else {
        worker.tally.add(Counter::viewers_refused);
        Answer answer;
        answer.response = refuse(exchange_.request());
        begin_sending(exchange_.answer(std::move(answer), &worker.tally));
    }
    take_while_answering(input_.take_unread());
    return Step::again;
}

/// Asks for the answer. While the catalogue is locked, asks again later, and holds no thread in between.
Connection::Step Connection::ask(Worker& worker) {
    auto answer = worker.answer(exchange_.request(), exchange_.age() >= media::lock_patience);
    if (!answer) return Step::wait;
    begin_sending(exchange_.answer(std::move(*answer), &worker.tally));
    return Step::again;
}

void Connection::begin_sending(http::Response response) {
    phase_ = Phase::answering;
    writer_.begin(std::move(response), exchange_.content(), input_.reader().request_id());
    if (exchange_.is_cut_short()) writer_.cut_short();  // while it asked
    // The catalogue may have taken its time: none of it was the peer's.
    view_.note_progress();
}

Connection::Step Connection::send(Worker& worker) {
    const Progress progress = writer_.write(fd(), turn_bytes);
    if (exchange_.count(worker.tally, writer_.sent())) view_.note_progress();
    switch (progress) {
        case Progress::blocked:
            send_buffer_.fit(fd(), writer_.sent(), exchange_.age());
            if (input_.gate() == Input::Gate::full && writer_.interjected() == 0)
                take_while_answering(input_.take_unread());
            return Step::wait;
        case Progress::yielded: return Step::wait;
        case Progress::aborted:
            end_answer(worker, view_.is_cut_off() ? Exchange::stalled : Exchange::aborted);
            return Step::close;
        case Progress::broken:
            log(LogLevel::warning, {"send ", exchange_.target(), ": ", writer_.why_broken(), ": cut off"});
            end_answer(worker, Exchange::broken);
            return Step::close;
        case Progress::done: break;
    }
    end_answer(worker, exchange_.is_cut_short() ? Exchange::aborted : Exchange::complete);
    return go_on();
}

/// Goes on to the next request, where the web server wants to use the connection again.
Connection::Step Connection::go_on() {
    phase_ = input_.reader().keeps_connection() ? Phase::reading : Phase::draining;
    input_.next();
    return Step::again;
}

Connection::Step Connection::drain() {
    switch (writer_.write(fd(), turn_bytes)) {
        case Progress::blocked:
        case Progress::yielded: return Step::wait;
        case Progress::aborted:
        case Progress::broken: return Step::close;
        case Progress::done: break;
    }
    return end();
}

/// Ends it in order. Over TCP, closing while the peer still says something would reset the connection, and lose what it
/// has not taken yet: there the peer ends it.
Connection::Step Connection::end() {
    if (transport_ == Transport::unix_socket) return Step::close;
    shutdown(fd(), SHUT_WR);
    phase_ = Phase::lingering;
    view_.look_at_peer();
    view_.note_progress();
    return Step::again;
}

/// Throws away what the peer says after the end.
Connection::Step Connection::linger(Worker& worker) {
    if (turn_.read >= turn_bytes) return Step::wait;
    const ssize_t n = recv(fd(), worker.buffer.data(), worker.buffer.size(), MSG_DONTWAIT);
    if (n > 0) turn_.read += static_cast<std::uint64_t>(n);
    if (n > 0 || (n < 0 && errno == EINTR)) return Step::again;
    return n < 0 && errno == EAGAIN ? Step::wait : Step::close;
}

/// Reads what the web server says while it is being answered: FCGI_ABORT_REQUEST, if anything.
void Connection::look_for_abort(Worker& worker) {
    const std::size_t length = std::min(worker.buffer.size(), read_while_answering_length);
    const ssize_t n = recv(fd(), worker.buffer.data(), length, MSG_DONTWAIT);
    if (n == 0) input_.end();  // it may still read; if not, writing will tell
    if (n > 0) take_while_answering({worker.buffer.data(), static_cast<std::size_t>(n)});
}

void Connection::take_while_answering(std::string_view bytes) {
    if (!input_.read_while_answering(bytes, writer_)) return;
    exchange_.cut_short();
    writer_.cut_short();
}

void Connection::end_answer(Worker& worker, const Exchange::Ending& ending) noexcept {
    if (phase_ != Phase::asking && phase_ != Phase::answering) return;
    phase_ = Phase::reading;
    exchange_.end(worker.tally, writer_.sent(), ending);
}

}  // namespace reelgate::engine
