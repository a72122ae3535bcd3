// Owns the input that is not acted on yet, and decides whether more is read now.
// SPDX-License-Identifier: MIT
#include "engine/input.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "gateway/failure.h"
#include "log.h"

namespace reelgate::engine {

using gateway::Incoming;

namespace {

/// Bytes read at a time while a request is answered; an FCGI_ABORT_REQUEST has eight. Few, since bytes of the next
/// request are kept until then, for every viewer whose web server does not wait for the answer.
constexpr std::size_t read_while_answering_length = 4096;

}  // namespace

Received receive(int fd, std::span<char> buffer, Turn& turn) noexcept {
    using Kind = Received::Kind;
    if (!turn.may_read()) return {Kind::nothing};
    ssize_t n = -1;
    do {
        n = recv(fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
    } while (n < 0 && errno == EINTR);
    if (n > 0) {
        turn.read += static_cast<std::uint64_t>(n);
        return {Kind::bytes, {buffer.data(), static_cast<std::size_t>(n)}};
    }
    if (n < 0 && errno == EAGAIN) return {Kind::nothing};
    if (n < 0 && gateway::is_of_memory(errno)) return {.kind = Kind::starved, .error = errno};
    return {Kind::end};
}

Incoming Input::read(std::string_view bytes, gateway::ResponseWriter& writer) {
    std::string replies;
    const Incoming incoming = reader_.read(bytes, replies);
    if (incoming == Incoming::invalid) log("request-invalid");
    writer.interject(replies);
    unread_ = bytes;
    return incoming;
}

bool Input::read_while_answering(std::string_view bytes, gateway::ResponseWriter& writer) {
    std::string replies;
    bool is_aborted = false;
    Incoming incoming = reader_.read(bytes, replies);
    for (; incoming == Incoming::aborted; incoming = reader_.read(bytes, replies)) is_aborted = true;
    writer.interject(replies);
    unread_ = bytes;
    switch (incoming) {
        case Incoming::held: gate_ = Gate::held; break;
        case Incoming::full: gate_ = Gate::full; break;
        case Incoming::invalid:
            log("request-invalid");
            gate_ = Gate::ended;
            take_unread();
            break;
        default: gate_ = writer.interjected() < gateway::max_replies ? Gate::open : Gate::full;
    }
    return is_aborted;
}

Received Input::receive_while_answering(int fd, std::span<char> buffer, Turn& turn) {
    if (gate_ != Gate::open) return {Received::Kind::nothing};
    const Received received = receive(fd, buffer.first(std::min(buffer.size(), read_while_answering_length)), turn);
    if (received.kind == Received::Kind::end) gate_ = Gate::ended;  // the peer may still read; if not, writing fails
    return received;
}

// Swaps, since assignment would keep the memory, and an idle connection must hold none.
std::string Input::take_unread() {
    std::string unread;
    unread.swap(unread_);
    return unread;
}

void Input::next() {
    reader_.next();
    if (gate_ != Gate::ended) gate_ = Gate::open;
}

}  // namespace reelgate::engine
