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

}  // namespace

Connection::Connection(posix::UniqueFd fd, std::size_t most_connections, std::atomic<std::size_t>& viewers)
    : fd_(std::move(fd)), reader_(most_connections), viewers_(viewers) {}

void Connection::count_as_viewer(bool is_answering) {
    if (is_answering == is_answering_) return;
    is_answering_ = is_answering;
    viewers_ += is_answering ? 1 : static_cast<std::size_t>(-1);
}

Wait Connection::proceed(Worker& worker, bool is_readable) {
    is_handed_over_.exchange(false, std::memory_order_acquire);
    is_idle_ = false;
    waiting_since_ = 0;
    has_yielded_ = false;
    read_ = 0;
    if (is_readable && is_answering_) look_for_abort(worker);
    Step step = Step::again;
    while (step == Step::again) step = is_answering_ || is_last_ ? send() : receive(worker);
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
    count_as_viewer(true);
    begin_ = Clock::now();
    answer_ = worker.answer(*request);
    planned_ = http::content_length(answer_.response);
    // A parked viewer keeps what is left to be sent, and not the fields.
    writer_.begin(std::exchange(answer_.response, {}), answer_.content_fd(), reader_.request_id());
    return Step::again;
}

Connection::Step Connection::send() {
    switch (writer_.write(fd_.get(), turn)) {
        case Progress::blocked: return Step::wait;
        case Progress::yielded: has_yielded_ = true; return Step::wait;
        case Progress::aborted: end_answer(is_stalled_ ? "stalled" : "aborted"); return Step::close;
        case Progress::broken:
            end_answer("broken");
            log(LogLevel::warning, "send " + target_ + ": the file is shorter than it was, or cannot be read: cut off");
            return Step::close;
        case Progress::done: break;
    }
    if (is_last_) return Step::close;
    end_answer(is_cut_short_ ? "aborted" : "complete");
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

void Connection::end_answer(const char* ending) {
    if (!is_answering_) return;
    count_as_viewer(false);
    if (!answer_.summary.empty()) {
        char text[96];
        std::snprintf(text, sizeof text, ": %llu of %llu bytes in %.3f s: %s",
                      static_cast<unsigned long long>(writer_.sent()), static_cast<unsigned long long>(planned_),
                      std::chrono::duration<double>(Clock::now() - begin_).count(), ending);
        log(LogLevel::info, "response " + answer_.summary + text);
    }
    answer_ = {};
}

}  // namespace reelgate::engine
