// Owns one connection from a web server: its input, the request that is being answered, and its output.
// Does not wait for events: the thread that gets one calls proceed().
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

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
    writable,       ///< or readable, to notice an abort
    writable_only,  ///< reading is suspended
    a_moment,       ///< asks the catalogue again after a moment; no thread may touch it until then
    storage,        ///< the device of awaited(); no thread may touch it until then
    lost,           ///< another thread has taken it over, or closed it: it must not be touched
    nothing,        ///< it is over: it must be closed
};

/// A connection, from its first byte to its end. Its phase decides what an event means:
///
///     phase      event                                      phase after it
///     reading    a request is complete                      asking; answering, if the catalogue is not needed
///                there are too many viewers                 answering, with 503
///                it is aborted, or is for another role      reading; draining, if the connection is not kept
///                another begins before it is complete       reading: the other is refused
///                input is not FastCGI, or params truncated  draining
///                too many replies are unsent                reading: nothing is read until they are written
///                end of input, or the peer is gone          closed
///     asking     the catalogue is locked                    asking: again after a moment
///                it is locked for too long                  answering, with 503
///                the storage is slow                        asking: again once a thread of the device is free
///                ... and so is that of the folder           asking: again after a moment
///                the storage hangs                          answering, with 503
///                the storage holds the thread for too long  asking: again in another thread
///                the film is open, or there is none         answering
///                the peer sends more, or is gone            asking: unnoticed until the answer
///     answering  all is written                             reading; draining, if the connection is not kept
///                the request is aborted                     answering: the rest is left out
///                the next request begins                    answering: the next is held until all is written
///                too many replies are unsent                answering: nothing is read until they are written
///                end of input, or input is not FastCGI      answering: nothing more is read; then closed gracefully
///                the storage is slow, or hangs              answering: again once a thread of the device is free
///                it hangs, and the peer has aborted or      closed
///                ended its side
///                the peer is gone                           closed
///                the file is not as announced, or cannot    closed: no end of the answer is written
///                be read
///     draining   all is written                             closed gracefully
///                the peer sends more, or ends its input     draining: unnoticed
///                the peer is gone                           closed
///     lingering  the peer sends more                        lingering: its bytes are discarded
///                end of input, or the peer is gone          closed
///
/// "Closed gracefully" is closed over a Unix socket, and lingering over TCP. A full socket or a used-up turn leaves the
/// phase unchanged. Lack of memory for the socket, an exception, or a peer that stalls while it is waited for closes
/// the connection in any phase.
class Connection {
public:
    enum class Phase {
        reading,    ///< waits for a request, or for the rest of one
        asking,     ///< has a complete request, and asks catalogue and storage for the answer
        answering,  ///< sends an answer
        draining,   ///< sends the last replies before it closes
        lingering,  ///< has sent everything, and waits until the peer closes: closing first would lose what the peer
                    ///< has not taken yet
    };

    /// Takes a non-blocking socket. FCGI_GET_VALUES reports `max_connections`.
    Connection(posix::UniqueFd fd, Transport transport, std::size_t max_connections);
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// Takes the view, and proceeds until it must wait. `is_readable`: epoll reported the socket readable. The caller
    /// hands the view over.
    Wait proceed(Worker& worker, bool is_readable);

    /// Ends a running answer as aborted, since an exception closes the connection.
    void give_up(Worker& worker) noexcept { end_answer(worker, Exchange::aborted); }

    int fd() const { return fd_.get(); }

    /// Returns the lane of the device that it waits for; valid after Wait::storage.
    Lane& awaited() const { return *awaited_; }

    /// Returns what stands for the film that it sends, the same for all that send it; null if it sends none.
    const void* film() const { return exchange_.film() ? exchange_.film()->fd.get() : nullptr; }

    /// Ends its wait for storage: a request that storage still refuses gets 503. No thread may have the connection.
    void turn_away() { is_turned_away_ = true; }

    Phase phase() const { return phase_; }
    ConnectionView& view() { return view_; }
    const ConnectionView& view() const { return view_; }

    /// Returns the situation to hand the view over with, after proceed().
    Situation situation() const;

private:
    /// What a step leads to: the phase to go on in at once, or what to wait for in the present one.
    using Step = std::variant<Phase, Wait>;

    bool look_for_abort(Worker& worker);
    Step advance(Worker& worker);
    Step receive(Worker& worker);
    Step take(Worker& worker, std::string_view bytes);
    Step begin_answer(Worker& worker);
    Step ask(Worker& worker);
    Step begin_sending(http::Response response);
    std::optional<gateway::ResponseWriter::Progress> write(Worker& worker);
    Step send(Worker& worker);
    Step wait_for_storage(Worker& worker);
    Step go_on();
    Step drain();
    Step wait_to_write(gateway::ResponseWriter::Progress progress) const;
    Step linger(Worker& worker);
    Step close_gracefully();
    Step close(Worker& worker, const Exchange::Ending& ending, gateway::Failure why = {});
    Step close_lost(Worker& worker);
    bool has_read_all() const { return writer_.is_done() && !input_.has_unread(); }
    void take_while_answering(std::string_view bytes);
    void cut_short();
    void end_answer(Worker& worker, const Exchange::Ending& ending, gateway::Failure why = {}) noexcept;

    posix::UniqueFd fd_;
    const Transport transport_;
    ConnectionView view_;
    SendBuffer send_buffer_;
    Input input_;
    gateway::ResponseWriter writer_;
    Exchange exchange_;
    Phase phase_ = Phase::reading;  ///< only proceed() changes it
    Lane* awaited_ = nullptr;  ///< null: it waits for no device
    Turn turn_;
    bool is_fresh_ = true;         ///< nothing was received yet
    bool is_turned_away_ = false;  ///< the storage that its request needs does not answer
};

}  // namespace reelgate::engine
