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
    if (is_readable && phase_ == Phase::answering && input_.look_for_abort(fd(), worker.buffer, writer_)) cut_short();
    Step step = Step::again;
    while (step == Step::again) step = advance(worker);
    if (step == Step::lost) return Wait::lost;
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
    if (awaited_) return Wait::storage;
    switch (phase_) {
        case Phase::asking: return Wait::a_moment;
        case Phase::lingering: return Wait::readable;
        // Input that is left unread would keep the connection readable.
        case Phase::draining: return Wait::writable_only;
        case Phase::reading: return has_read_all() ? Wait::readable : Wait::writable_only;
        case Phase::answering: return input_.gate() == Input::Gate::open ? Wait::writable : Wait::writable_only;
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
    if (progress != Progress::done) return step_after(progress);
    if (!turn_.may_begin()) return Step::wait;
    if (input_.has_unread()) return take(worker, input_.take_unread());
    if (input_.gate() == Input::Gate::ended) return end();
    const Received received = engine::receive(fd(), worker.buffer, turn_);
    if (received.kind == Received::Kind::starved)
        log(LogLevel::error, {"read request: connection: ", posix::static_cause(received.error), ": closed"});
    if (received.kind != Received::Kind::bytes) return step_after(received);
    is_fresh_ = false;
    return take(worker, received.bytes);
}

Connection::Step Connection::step_after(const Received& received) {
    if (received.kind == Received::Kind::bytes) return Step::again;
    return received.kind == Received::Kind::nothing ? Step::wait : Step::close;
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
            // Before any answer: "the application responds as soon as possible" (FastCGI 1.0 §5.4).
            std::string end;
            gateway::append_end_request(end, input_.reader().request_id(), gateway::ProtocolStatus::request_complete);
            writer_.interject(end);
            return go_on();
        }
        case Incoming::full: case Incoming::held: case Incoming::wanting: break;
    }
    return Step::again;
}

Connection::Step Connection::begin_answer(Worker& worker) {
    auto request = worker.decoder.decode(input_.reader().params());
    input_.forget_params();
    if (!request) {
        log(LogLevel::warning, "read request: connection: params are cut off: closed");
        phase_ = Phase::draining;
        return Step::again;
    }
    ++turn_.begun;
    is_turned_away_ = false;
    exchange_.begin(std::move(*request));
    auto monitored = worker.monitor(*exchange_.request());
    if (!monitored && input_.reader().keeps_connection()) worker.tally.add(Counter::keep_conn);
    if (monitored) {
        worker.tally.add(Counter::monitoring);
        begin_sending(exchange_.answer({std::move(*monitored), std::nullopt, {}}, nullptr));
    } else if (Viewers::Seat seat = worker.admit()) {
        exchange_.seat(std::move(seat));
        phase_ = Phase::asking;
    } else {
        worker.tally.add(Counter::viewers_refused);
        begin_sending(exchange_.answer(unavailable(*exchange_.request(), "Too many viewers"), &worker.tally));
    }
    take_while_answering(input_.take_unread());
    return Step::again;
}

/// Asks for the answer. While the catalogue is locked or the storage slow, waits without a thread and asks again.
Connection::Step Connection::ask(Worker& worker) {
    const auto request = exchange_.request();
    auto asked = worker.ask(*request, exchange_.age());
    if (!asked) return Step::lost;
    auto& result = *asked;
    if (const auto* busy = std::get_if<Busy>(&result)) {
        if (!busy->lane || !(is_turned_away_ || busy->lane->is_hung())) {
            awaited_ = busy->lane;
            return Step::wait;
        }
        result = unavailable(*request, "Video storage does not answer");
    }
    begin_sending(exchange_.answer(std::get<Answer>(std::move(result)), &worker.tally));
    return Step::again;
}

void Connection::begin_sending(http::Response response) {
    phase_ = Phase::answering;
    writer_.begin(std::move(response), exchange_.content(), input_.reader().request_id());
    if (exchange_.is_cut_short()) writer_.cut_short();  // aborted while it asked
    // The time that the catalogue took does not count against the peer.
    view_.note_progress();
}

Connection::Step Connection::send(Worker& worker) {
    const media::MediaFile* const film = exchange_.film();
    if (film && !worker.enter(film->device)) return wait_for_storage(worker);
    const std::uint64_t budget = worker.lane ? Turn::max_lane_bytes : Turn::max_bytes;
    const Progress progress = worker.leaving([&] { return writer_.write(fd(), budget); });
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

/// Waits for the storage of its film; ends the answer instead if the peer is gone.
Connection::Step Connection::wait_for_storage(Worker& worker) {
    if (view_.has_gone()) {
        end_answer(worker, view_.is_cut_off() ? Exchange::stalled : Exchange::aborted);
        return Step::close;
    }
    awaited_ = &worker.lane_of(exchange_.film()->device);
    return Step::wait;
}

Connection::Step Connection::drain() {
    const Progress progress = writer_.write(fd(), Turn::max_bytes);
    return progress == Progress::done ? end() : step_after(progress);
}

/// Returns the step to take while replies are unsent.
Connection::Step Connection::step_after(Progress progress) const {
    if (progress == Progress::broken)
        log(LogLevel::warning, {"send replies: connection: ", writer_.why_broken(), ": closed"});
    return progress == Progress::blocked || progress == Progress::yielded ? Step::wait : Step::close;
}

/// Ends the connection in order. Over TCP, closing while the peer still sends would reset the connection, and lose what
/// the peer has not taken yet: there the peer closes first.
Connection::Step Connection::end() {
    if (transport_ == Transport::unix_socket) return Step::close;
    shutdown(fd(), SHUT_WR);
    phase_ = Phase::lingering;
    view_.look_at_peer();
    view_.note_progress();
    return Step::again;
}

/// Discards what the peer sends after the end.
Connection::Step Connection::linger(Worker& worker) {
    return step_after(engine::receive(fd(), worker.buffer, turn_));
}

void Connection::take_while_answering(std::string_view bytes) {
    if (input_.read_while_answering(bytes, writer_)) cut_short();
}

void Connection::cut_short() {
    exchange_.cut_short();
    writer_.cut_short();
}

void Connection::end_answer(Worker& worker, const Exchange::Ending& ending) noexcept {
    if (phase_ != Phase::asking && phase_ != Phase::answering) return;
    phase_ = Phase::reading;
    worker.drop(exchange_.end(worker.tally, writer_.sent(), ending));
}

}  // namespace reelgate::engine
