// Owns one connection from a web server: its input, the request that is being answered, and its output.
// SPDX-License-Identifier: MIT
#include "engine/connection.h"

#include <sys/socket.h>

#include <string>
#include <utility>

#include "log.h"
#include "posix/error.h"

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
    log(LogLevel::error, {"read request: connection: ", posix::static_cause(received.error), ": closed"});
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
    const Received received = engine::receive(fd(), worker.buffer, turn_);
    switch (received.kind) {
        case Received::Kind::bytes: is_fresh_ = false; return take(worker, received.bytes);
        case Received::Kind::nothing: return Wait::readable;
        case Received::Kind::end: break;
        case Received::Kind::starved:
            log(LogLevel::error, {"read request: connection: ", posix::static_cause(received.error), ": closed"});
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

Connection::Step Connection::begin_answer(Worker& worker) {
    auto request = worker.decoder.decode(input_.reader().params());
    input_.forget_params();
    if (!request) {
        log(LogLevel::warning, "read request: connection: params are cut off: closed");
        return Phase::draining;
    }
    ++turn_.begun;
    is_turned_away_ = false;
    exchange_.begin(std::move(*request));
    auto monitored = worker.monitor(*exchange_.request());
    if (!monitored && input_.reader().keeps_connection()) worker.tally.add(Counter::keep_conn);
    Step step = Phase::asking;
    if (monitored) {
        worker.tally.add(Counter::monitoring);
        step = begin_sending(exchange_.answer({std::move(*monitored), std::nullopt, {}}, nullptr));
    } else if (Viewers::Seat seat = worker.admit()) {
        exchange_.seat(std::move(seat));
    } else {
        worker.tally.add(Counter::viewers_refused);
        step = begin_sending(exchange_.answer(unavailable(*exchange_.request(), "Too many viewers"), &worker.tally));
    }
    take_while_answering(input_.take_unread());
    return step;
}

/// Asks for the answer. While the catalogue is locked or the storage slow, waits without a thread and asks again.
Connection::Step Connection::ask(Worker& worker) {
    const auto request = exchange_.request();
    auto asked = worker.ask(*request, exchange_.age());
    if (!asked) return Wait::lost;
    auto& result = *asked;
    if (const auto* busy = std::get_if<Busy>(&result)) {
        if (!busy->lane) return Wait::a_moment;
        // From one slow device to another, and back, there may be no way in time.
        const bool is_sent_on = worker.lane && worker.lane != busy->lane;
        const bool is_over = is_sent_on && exchange_.age() >= worker.storage->timeout();
        if (!is_turned_away_ && !busy->lane->is_hung() && !is_over) {
            if (is_sent_on) return Wait::a_moment;
            awaited_ = busy->lane;
            return Wait::storage;
        }
        result = unavailable(*request, "Video storage does not answer");
    }
    return begin_sending(exchange_.answer(std::get<Answer>(std::move(result)), &worker.tally));
}

Connection::Step Connection::begin_sending(http::Response response) {
    writer_.begin(std::move(response), exchange_.content(), input_.reader().request_id());
    if (exchange_.is_cut_short()) writer_.cut_short();  // aborted while it asked
    // The time that the catalogue took does not count against the peer.
    view_.note_progress();
    return Phase::answering;
}

/// Writes for one turn. Of a film, a little at a time, so that its storage is seen to answer, and is left alone once it
/// is slow. Returns nothing if this thread must not touch the storage.
std::optional<Progress> Connection::write(Worker& worker) {
    const media::MediaFile* const film = exchange_.film();
    if (!film) return writer_.write(fd(), Turn::max_bytes);
    const std::uint64_t budget = worker.lane ? Turn::max_lane_bytes : Turn::max_bytes;
    const std::uint64_t before = writer_.sent();
    Progress progress = Progress::yielded;
    while (progress == Progress::yielded && writer_.sent() - before < budget) {
        if (!worker.enter_to_send(film->device)) return std::nullopt;
        progress = worker.leaving([&] { return writer_.write(fd(), Turn::max_lane_bytes); });
    }
    return progress;
}

Connection::Step Connection::send(Worker& worker) {
    const std::optional<Progress> progress = write(worker);
    if (exchange_.count(worker.tally, writer_.sent())) view_.note_progress();
    if (!progress) return wait_for_storage(worker);
    switch (*progress) {
        case Progress::blocked:
            send_buffer_.fit(fd(), writer_.sent(), exchange_.age());
            if (input_.gate() == Input::Gate::full && writer_.interjected() == 0)
                take_while_answering(input_.take_unread());
            break;
        case Progress::yielded: break;
        case Progress::aborted: return close_lost(worker);
        case Progress::broken:
            log(LogLevel::warning, {"send ", exchange_.target(), ": ", writer_.why_stopped(), ": cut off"});
            return close(worker, Exchange::broken, nullptr);  // the line above has the cause
        case Progress::done:
            end_answer(worker, exchange_.is_cut_short() ? Exchange::aborted : Exchange::complete);
            return go_on();
    }
    return input_.gate() == Input::Gate::open ? Wait::writable : Wait::writable_only;
}

/// Goes on to the next request, where the web server wants to use the connection again.
Connection::Step Connection::go_on() {
    const bool is_kept = input_.reader().keeps_connection();
    input_.next();
    return is_kept ? Phase::reading : Phase::draining;
}

/// Waits for the storage of its film. Ends the answer instead if the peer is gone, or does not want the rest: the record
/// that is being sent cannot be ended without the storage. A peer that has ended its side may still read, but mostly is
/// gone, and cannot be told from one that is.
Connection::Step Connection::wait_for_storage(Worker& worker) {
    const bool has_ended = input_.gate() == Input::Gate::ended || exchange_.is_cut_short();
    if (has_ended || view_.has_gone()) return close_lost(worker);
    view_.set_heard(input_.gate() == Input::Gate::open);
    awaited_ = &worker.lane_of(exchange_.film()->device);
    return Wait::storage;
}

Connection::Step Connection::drain() {
    const Progress progress = writer_.write(fd(), Turn::max_bytes);
    return progress == Progress::done ? close_gracefully() : wait_to_write(progress);
}

/// Returns what to wait for while replies are unsent. Input that is left unread would keep the connection readable.
Connection::Step Connection::wait_to_write(Progress progress) const {
    if (progress == Progress::blocked || progress == Progress::yielded) return Wait::writable_only;
    if (progress == Progress::broken)
        log(LogLevel::warning, {"send replies: connection: ", writer_.why_stopped(), ": closed"});
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

/// Closes the connection within an answer.
Connection::Step Connection::close(Worker& worker, const Exchange::Ending& ending, const char* cause) {
    end_answer(worker, ending, cause);
    return Wait::nothing;
}

/// Closes the connection within an answer that its peer no longer takes.
Connection::Step Connection::close_lost(Worker& worker) {
    // If we have cut the peer off ourselves, the errno says nothing new.
    if (view_.is_cut_off()) return close(worker, Exchange::stalled, nullptr);
    return close(worker, Exchange::aborted, writer_.why_stopped());
}

void Connection::take_while_answering(std::string_view bytes) {
    if (input_.read_while_answering(bytes, writer_)) cut_short();
}

void Connection::cut_short() {
    exchange_.cut_short();
    writer_.cut_short();
}

void Connection::end_answer(Worker& worker, const Exchange::Ending& ending, const char* cause) noexcept {
    worker.drop(exchange_.end(worker.tally, writer_.sent(), ending, cause));
}

}  // namespace reelgate::engine
