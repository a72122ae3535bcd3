// Owns one connection from a web server: what has come, what is being answered, what goes out next.
// Does not wait, and does not know threads: the thread that has its event lets it proceed.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/connection_view.h"
#include "engine/input.h"
#include "engine/send_buffer.h"
#include "engine/exchange.h"
#include "engine/transport.h"
#include "engine/turn.h"
#include "engine/worker.h"
#include "gateway/response_writer.h"
#include "posix/unique_fd.h"

namespace reelgate::engine {

/// What a connection waits for.
enum class Wait {
    readable,
    writable,       ///< and, to notice an abort, readable
    writable_only,  ///< nothing more is to be read for now
    a_moment,       ///< it asks the catalogue again after a moment; no thread may have it until then
    storage,        ///< the device of awaited(); no thread may have it until then
    lost,           ///< another thread has it, or has closed it: not to be touched
    nothing,        ///< it is over: close
};

/// A connection, from its first byte to its end. Its phase decides what an event means:
///
///     phase      event                                      phase after it
///     reading    a request is whole                         asking; answering, if it is about the server itself
///                it is aborted, or is for another role      reading; draining, if the connection is not kept
///                this is no FastCGI                         draining
///                params are cut off                         the end
///                the peer has ended, or has gone            closed
///     asking     the catalogue is locked                    asking: again after a moment, at last with 503
///                the storage is slow                        asking: again as soon as a thread of the device is free
///                the storage hangs                          answering, with 503
///                the film is open, or there is none         answering
///                the peer says more, or goes                asking: it is not noticed before the answer
///     answering  all is written                             reading; the end, if the connection is not kept
///                it is aborted                              answering: the rest is left out
///                the next request begins                    answering: it is held until all is written
///                too many replies wait                      answering: nothing is read until they are written
///                the peer has ended, or is no FastCGI       answering: nothing more is read, then the end
///                the peer has gone                          closed
///                the file is not what was announced         closed: no end of the answer is written
///                the storage is slow, or hangs              answering: on as soon as a thread of the device is free
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
    enum class Phase {
        reading,    ///< a request, or its beginning, is awaited
        asking,     ///< a whole request waits until catalogue and storage can be asked
        answering,  ///< a whole request is being answered
        draining,   ///< what was said last is being written: then it is over
        lingering,  ///< all is written: the peer's end is awaited, since closing earlier would lose what it has not
                    ///< taken yet
    };

    /// Takes a non-blocking connection. FCGI_GET_VALUES is told that there may be `max_connections`.
    Connection(posix::UniqueFd fd, Transport transport, std::size_t max_connections);
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// Takes the view, and goes on until it would have to wait. `is_readable` says that the socket is known to be. The
    /// caller hands the view over.
    Wait proceed(Worker& worker, bool is_readable);

    /// Takes note that it will be closed because of a failure of ours.
    void give_up(Worker& worker) noexcept { end_answer(worker, Exchange::aborted); }

    int fd() const { return fd_.get(); }

    /// The lane of the device that it waits for.
    Lane& awaited() const { return *awaited_; }

    /// Stops it waiting for storage: its request is answered with 503. Called while no thread has it.
    void turn_away() { is_turned_away_ = true; }

    Phase phase() const { return phase_; }
    ConnectionView& view() { return view_; }
    const ConnectionView& view() const { return view_; }

    /// Returns what the view is to be handed over with, once proceed() has returned.
    Situation situation() const;

private:
    enum class Step { again, wait, lost, close };

    Step advance(Worker& worker);
    Step receive(Worker& worker);
    static Step step_after(const Received& received);
    Step take(Worker& worker, std::string_view bytes);
    Step begin_answer(Worker& worker);
    Step ask(Worker& worker);
    void begin_sending(http::Response response);
    Step send(Worker& worker);
    Step wait_for_storage(Worker& worker);
    Step go_on();
    Step drain();
    Step step_after(gateway::ResponseWriter::Progress progress) const;
    Step linger(Worker& worker);
    Step end();
    bool has_read_all() const { return writer_.is_done() && !input_.has_unread(); }
    void take_while_answering(std::string_view bytes);
    void cut_short();
    void end_answer(Worker& worker, const Exchange::Ending& ending) noexcept;
    Wait wait() const;

    posix::UniqueFd fd_;
    const Transport transport_;
    ConnectionView view_;
    SendBuffer send_buffer_;
    Input input_;
    gateway::ResponseWriter writer_;
    Exchange exchange_;
    Phase phase_ = Phase::reading;
    Lane* awaited_ = nullptr;  ///< null: it waits for no device
    Turn turn_;
    bool is_fresh_ = true;         ///< nothing has come yet
    bool is_turned_away_ = false;  ///< the storage that its request needs has not answered
};

}  // namespace reelgate::engine
