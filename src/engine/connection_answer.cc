// Owns the middle of a connection's life: a request is asked about, answered, and sent.
// Does not read requests; connection.cc does.
// SPDX-License-Identifier: MIT
#include <utility>

#include "engine/connection.h"
#include "log.h"
#include "posix/failure.h"

namespace reelgate::engine {

namespace {

using Progress = gateway::ResponseWriter::Progress;

}  // namespace

Connection::Step Connection::begin_answer(Worker& worker) {
    auto request = worker.decode(input_.reader().params());
    input_.forget_params();
    if (!request) {
        log("request-cut-off");
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
            log("answer-broken", exchange_.target(), describe(writer_.failure()));
            return close(worker, Exchange::broken);  // the line above has the cause
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

/// Waits for the storage of its film. Closes the connection instead if the peer is gone. If the storage hangs, also if
/// the peer has aborted, since the record that is being sent cannot be completed without the storage, or has ended its
/// side, since it may be gone.
Connection::Step Connection::wait_for_storage(Worker& worker) {
    Lane& lane = worker.lane_of(exchange_.film()->device);
    const bool has_ended = input_.gate() == Input::Gate::ended || exchange_.is_cut_short();
    if ((has_ended && lane.is_hung()) || view_.has_gone()) return close_lost(worker);
    const bool is_heard = input_.gate() == Input::Gate::open;
    view_.set_attention(has_ended ? Attention::ended : is_heard ? Attention::heard : Attention::none);
    awaited_ = &lane;
    return Wait::storage;
}

/// Closes the connection within an answer.
Connection::Step Connection::close(Worker& worker, const Exchange::Ending& ending, gateway::Failure why) {
    end_answer(worker, ending, why);
    return Wait::nothing;
}

/// Closes the connection within an answer that its peer no longer takes.
Connection::Step Connection::close_lost(Worker& worker) {
    // If we have cut the peer off ourselves, the errno says nothing new.
    if (view_.is_cut_off()) return close(worker, Exchange::stalled);
    return close(worker, Exchange::aborted, writer_.failure());
}

void Connection::end_answer(Worker& worker, const Exchange::Ending& ending, gateway::Failure why) noexcept {
    worker.drop(exchange_.end(worker.tally, writer_.sent(), ending, why));
}

}  // namespace reelgate::engine
