// Owns what a peer has said, as far as it has not been acted on, and whether more of it is read now.
// Does not wait.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "engine/turn.h"
#include "gateway/record_reader.h"
#include "gateway/response_writer.h"

namespace reelgate::engine {

/// What a connection gave when it was read.
struct Received {
    enum class Kind {
        bytes,
        nothing,  ///< for now, or the turn is used up
        end,      ///< the peer has ended, or gone
        starved,  ///< the system lacks memory to read it
    };

    Kind kind;
    std::string_view bytes = {};  ///< in the buffer
    int error = 0;                ///< errno of what is starved
};

/// Reads from a connection what has come. Gives nothing where `turn` is used up; what is read counts in it.
Received receive(int fd, std::vector<char>& buffer, Turn& turn) noexcept;

class Input {
public:
    /// Whether what the peer says is read while a request of its is being answered.
    enum class Gate {
        open,
        held,   ///< its next request has begun: not before this one is answered
        full,   ///< enough replies wait to be sent: not before they are
        ended,  ///< it has ended, or is no FastCGI
    };

    explicit Input(std::size_t max_connections) : reader_(max_connections) {}

    Gate gate() const { return gate_; }
    const gateway::RecordReader& reader() const { return reader_; }

    /// Reads up to the first thing that is to be acted on, while no request is being answered. Keeps the rest. Gives
    /// `writer` what is to be replied on the way.
    gateway::Incoming read(std::string_view bytes, gateway::ResponseWriter& writer);

    /// Reads while a request is being answered, and sets the gate. Returns whether the peer has aborted that request.
    bool read_while_answering(std::string_view bytes, gateway::ResponseWriter& writer);

    /// Reads from the connection `fd` what the peer says while a request is being answered, where the gate is open:
    /// FCGI_ABORT_REQUEST, if anything. Returns whether that came.
    bool look_for_abort(int fd, std::vector<char>& buffer, gateway::ResponseWriter& writer);

    bool has_unread() const { return !unread_.empty(); }

    /// Hands out what was kept.
    std::string take_unread();

    /// Gives back the memory of the params, which have been decoded.
    void forget_params() { reader_.release(); }

    /// Goes on to the next request.
    void next();

private:
    gateway::RecordReader reader_;
    std::string unread_;
    Gate gate_ = Gate::open;
};

}  // namespace reelgate::engine
