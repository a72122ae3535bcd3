// Owns one connection from a web server: its input, the request that is being answered, and its output.
// SPDX-License-Identifier: MIT
#include "engine/connection.h"

#include <sys/socket.h>

#include <string>
#include <utility>

#include "log.h"
#include "posix/failure.h"

namespace reelgate::engine {

namespace {

using gateway::Incoming;
using Progress = gateway::ResponseWriter::Progress;

}  // namespace

Connection::Connection(posix::UniqueFd fd, Transport transport, std::size_t max_connections)
    : fd_(std::move(fd)), transport_(transport), view_(fd_.get()), send_buffer_(transport), input_(max_connections) {}

Wait Connection::proceed(Worker& worker, bool is_readable) {
    const Situation before = view_.take();
    if (before == Situation::fresh || before == Situation::idle) view_.note_progress();
    turn_ = {};
    awaited_ = nullptr;
    if (is_readable && phase_ == Phase::answering && !look_for_abort(worker)) return Wait::nothing;
    while (true) {
        const Step step = advance(worker);
        if (const auto* const wait = std::get_if<Wait>(&step)) return *wait;
        phase_ = std::get<Phase>(step);
    }
}

/// Reads what the peer has said while it is answered: mostly that it aborts. Returns false if there is no memory for
/// that: then the connection is to be closed.
bool Connection::look_for_abort(Worker& worker) {
    const Received received = input_.receive_while_answering(fd(), worker.buffer, turn_);
    if (received.kind == Received::Kind::bytes) take_while_answering(received.bytes);
    if (received.kind != Received::Kind::starved) return true;
    log("request-starved", posix::static_cause(received.error));
    end_answer(worker, Exchange::broken);
    return false;
}

Connection::Step Connection::advance(Worker& worker) {
    switch (phase_) {
        case Phase::reading: return receive(worker);
        case Phase::asking: return ask(worker);
        case Phase::answering: return send(worker);
        case Phase::draining: return drain();
        case Phase::lingering: return linger(worker);
    }
    return Wait::nothing;
}

Situation Connection::situation() const {
    if (phase_ == Phase::asking || awaited_) return Situation::parked;
    if (phase_ == Phase::lingering) return Situation::lingering;
    if (phase_ != Phase::reading || !has_read_all() || !input_.reader().is_idle()) return Situation::waiting;
    return is_fresh_ ? Situation::fresh : Situation::idle;
}

/// Reads on, once earlier replies are written.
Connection::Step Connection::receive(Worker& worker) {
    const Progress progress = writer_.is_done() ? Progress::done : writer_.write(fd(), Turn::max_bytes);
    if (progress != Progress::done) return wait_to_write(progress);
    if (!input_.has_unread() && input_.gate() == Input::Gate::ended) return close_gracefully();
    // Input that is kept would not make the socket readable.
    if (!turn_.may_begin()) return input_.has_unread() ? Wait::writable_only : Wait::readable;
    if (input_.has_unread()) return take(worker, input_.take_unread());
    // A web server asks again once it has this answer: to look for that now would mostly find nothing.
    if (turn_.begun > 0) return Wait::readable;
    const Received received = engine::receive(fd(), worker.buffer, turn_);
    switch (received.kind) {
        case Received::Kind::bytes: is_fresh_ = false; return take(worker, received.bytes);
        case Received::Kind::nothing: return Wait::readable;
        case Received::Kind::end: break;
        case Received::Kind::starved:
            log("request-starved", posix::static_cause(received.error));
    }
    return Wait::nothing;
}

Connection::Step Connection::take(Worker& worker, std::string_view bytes) {
    switch (input_.read(bytes, writer_)) {
        case Incoming::request: return begin_answer(worker);
        case Incoming::invalid:
        case Incoming::refused: return Phase::draining;
        case Incoming::aborted: {
            // Before any answer: "the application responds as soon as possible" (FastCGI 1.0 §5.4).
            std::string end;
            gateway::append_end_request(end, input_.reader().request_id(), gateway::ProtocolStatus::request_complete);
            writer_.interject(end);
            return go_on();
        }
        case Incoming::full: case Incoming::held: case Incoming::wanting: break;
    }
    return Phase::reading;
}

Connection::Step Connection::drain() {
    const Progress progress = writer_.write(fd(), Turn::max_bytes);
    return progress == Progress::done ? close_gracefully() : wait_to_write(progress);
}

/// Returns what to wait for while replies are unsent. Input that is left unread would keep the connection readable.
Connection::Step Connection::wait_to_write(Progress progress) const {
    if (progress == Progress::blocked || progress == Progress::yielded) return Wait::writable_only;
    if (progress == Progress::broken)
        log("replies-broken", describe(writer_.failure()));
    return Wait::nothing;
}

/// Closes the connection after all is written. Over TCP, closing while the peer still sends would reset the connection,
/// and lose what the peer has not taken yet: there the peer closes first.
Connection::Step Connection::close_gracefully() {
    if (transport_ == Transport::unix_socket) return Wait::nothing;
    shutdown(fd(), SHUT_WR);
    view_.look_at_peer();
    view_.note_progress();
    return Phase::lingering;
}

/// Discards what the peer sends after the end.
Connection::Step Connection::linger(Worker& worker) {
    switch (engine::receive(fd(), worker.buffer, turn_).kind) {
        case Received::Kind::bytes: return Phase::lingering;
        case Received::Kind::nothing: return Wait::readable;
        case Received::Kind::end: case Received::Kind::starved: break;
    }
    return Wait::nothing;
}

void Connection::take_while_answering(std::string_view bytes) {
    if (input_.read_while_answering(bytes, writer_)) cut_short();
}

void Connection::cut_short() {
    exchange_.cut_short();
    writer_.cut_short();
}

}  // namespace reelgate::engine
