// Owns one connection from a web server: what has come, what is being answered, what goes out next.
// SPDX-License-Identifier: MIT
#include "engine/connection.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdio>

#include "log.h"

namespace reelgate::engine {

namespace {

using Incoming = gateway::Incoming;
using Progress = gateway::ResponseWriter::Progress;

/// Bytes after which a connection lets others go first.
constexpr std::uint64_t turn = std::uint64_t{1} << 20;

/// What a fast viewer is: one who took so many bytes, so many of them a second. Whoever watches takes far less.
constexpr std::uint64_t fast_bytes = std::uint64_t{8} << 20;
constexpr double fast_rate = 16 << 20;

/// Bytes that a Unix socket is to hold for a fast viewer; it gets no more than twice net.core.wmem_max, which is twice
/// the usual. Thus whoever sends and whoever receives are woken half as often: a whole film through nginx took a third
/// more time without it. Not for everybody, since that much of the page cache is held while a viewer pauses.
constexpr int roomy_buffer = 1 << 20;

}  // namespace

Connection::Connection(posix::UniqueFd fd, std::size_t most_connections, Viewers& viewers)
    : fd_(std::move(fd)), reader_(most_connections), viewers_(viewers) {}

void Connection::enter() {
    viewers_.enter();
    is_viewer_ = true;
}

void Connection::leave() {
    if (std::exchange(is_viewer_, false)) viewers_.leave();
}

Wait Connection::proceed(Worker& worker, bool is_readable) {
    is_handed_over_.exchange(false, std::memory_order_acquire);
    is_idle_ = false;
    waiting_since_ = 0;
    has_yielded_ = false;
    read_ = 0;
    if (is_readable && is_answering_) look_for_abort(worker);
    Step step = Step::again;
    while (step == Step::again) step = is_answering_ || is_last_ ? send(worker) : receive(worker);
    if (step == Step::close) return Wait::nothing;
    return wait();
}

/// Notes for other threads what it waits for.
Wait Connection::wait() {
    is_idle_ = !is_answering_ && !is_last_ && reader_.is_idle();
    if (has_yielded_) return Wait::its_turn;
    if (!is_idle_) waiting_since_ = Clock::now().time_since_epoch().count();
    if (!is_answering_ && !is_last_) return Wait::readable;
    // What cannot be read now would make the connection readable for ever.
    return input_ended_ || is_held_ || is_last_ ? Wait::writable_only : Wait::writable;
}

void Connection::look_at_peer() {
    int untaken = 0;
    if (ioctl(fd_.get(), SIOCOUTQ, &untaken) != 0 || untaken_.exchange(untaken) == untaken) return;
    waiting_since_ = Clock::now().time_since_epoch().count();
}

/// Makes the socket roomy for a fast viewer. TCP finds the right size by itself, and would stop to.
void Connection::make_room() {
    if (is_roomy_ || writer_.sent() < fast_bytes) return;
    const std::chrono::duration<double> taken = Clock::now() - begin_;
    if (static_cast<double>(writer_.sent()) < fast_rate * taken.count()) return;
    is_roomy_ = true;
    int domain = 0;
    socklen_t length = sizeof domain;
    if (getsockopt(fd_.get(), SOL_SOCKET, SO_DOMAIN, &domain, &length) == 0 && domain == AF_UNIX)
        setsockopt(fd_.get(), SOL_SOCKET, SO_SNDBUF, &roomy_buffer, sizeof roomy_buffer);
}

Connection::Step Connection::receive(Worker& worker) {
    if (!unread_.empty()) {
        const std::string bytes = std::move(unread_);
        unread_.clear();
        return take(worker, bytes);
    }
    if (input_ended_) return Step::close;
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
            return Step::close;
        case Incoming::request: {
            const Step step = begin_answer(worker);
            read_while_answering(bytes);
            return step;
        }
        case Incoming::refused: is_last_ = true; return Step::again;
        case Incoming::aborted: {
            // Before anything was answered: "the application responds as soon as possible" (FastCGI 1.0 §5.4).
            std::string end;
            gateway::append_end_request(end, reader_.request_id(), gateway::ProtocolStatus::request_complete);
            writer_.interject(end);
            unread_ = bytes;
            is_last_ = !reader_.keeps_connection();
            reader_.next();
            break;
        }
        case Incoming::held:  // comes only while answering
        case Incoming::wanting: break;
    }
    // The few bytes of a reply fit into any socket; a peer whose socket is full of them has not read for long.
    return is_last_ || writer_.write(fd_.get(), turn) == Progress::done ? Step::again : Step::close;
}

Connection::Step Connection::begin_answer(Worker& worker) {
    const auto request = worker.decoder.decode(reader_.params());
    reader_.release();
    if (!request) {
        log(LogLevel::warning, "read request: connection: params are cut off: closed");
        return Step::close;
    }
    target_ = request->target;
    is_answering_ = true;
    begin_ = Clock::now();
    counted_ = 0;
    if (auto response = worker.monitor(*request)) {
        worker.tally.add(Counter::monitoring);
        answer_.response = std::move(*response);
    } else {
        enter();
        answer_ = worker.answer(*request);
        count_answer(worker.tally, *request, answer_);
    }
    planned_ = http::content_length(answer_.response);
    // A parked viewer keeps what is left to be sent, and not the fields.
    writer_.begin(std::exchange(answer_.response, {}), answer_.content_fd(), reader_.request_id());
    return Step::again;
}

/// As it goes: a film takes hours.
void Connection::count_sent(Worker& worker) {
    if (!is_viewer_) return;
    const std::uint64_t sent = writer_.sent();
    worker.tally.add(Counter::bytes_sent, sent - counted_);
    counted_ = sent;
}

Connection::Step Connection::send(Worker& worker) {
    const Progress progress = writer_.write(fd_.get(), turn);
    count_sent(worker);
    switch (progress) {
        case Progress::blocked: make_room(); return Step::wait;
        case Progress::yielded: has_yielded_ = true; return Step::wait;
        case Progress::aborted: end_answer(worker, is_stalled_ ? stalled : aborted); return Step::close;
        case Progress::broken:
            end_answer(worker, broken);
            log(LogLevel::warning, "send " + target_ + ": the file is shorter than it was, or cannot be read: cut off");
            return Step::close;
        case Progress::done: break;
    }
    if (is_last_) return Step::close;
    end_answer(worker, is_cut_short_ ? aborted : complete);
    is_cut_short_ = is_held_ = false;
    const bool is_kept = reader_.keeps_connection();
    reader_.next();
    return is_kept ? Step::again : Step::close;
}

/// Reads what the web server says while it is being answered: FCGI_ABORT_REQUEST, if anything.
void Connection::look_for_abort(Worker& worker) {
    const ssize_t n = recv(fd_.get(), worker.buffer.data(), worker.buffer.size(), MSG_DONTWAIT);
    if (n == 0) input_ended_ = true;  // it may still read; if not, writing will tell
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
    is_held_ = incoming == Incoming::held;
    if (incoming == Incoming::invalid) input_ended_ = true;
    unread_ = bytes;
}

void Connection::end_answer(Worker& worker, Ending ending) {
    if (!is_answering_) return;
    is_answering_ = false;
    if (is_viewer_) worker.tally.add(ending.counter);
    leave();
    if (!answer_.summary.empty()) {
        char text[96];
        std::snprintf(text, sizeof text, ": %llu of %llu bytes in %.3f s: %s",
                      static_cast<unsigned long long>(writer_.sent()), static_cast<unsigned long long>(planned_),
                      std::chrono::duration<double>(Clock::now() - begin_).count(), ending.name);
        log(LogLevel::info, "response " + answer_.summary + text);
    }
    answer_ = {};
}

}  // namespace reelgate::engine
