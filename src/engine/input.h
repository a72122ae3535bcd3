// Owns the input that is not acted on yet, and decides whether more is read now.
// Does not wait.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "engine/turn.h"
#include "gateway/record_reader.h"
#include "gateway/response_writer.h"

namespace reelgate::engine {

/// Result of one read from a connection.
struct Received {
    enum class Kind {
        bytes,
        nothing,  ///< for now, or the turn is used up
        end,      ///< the peer has ended, or gone
        starved,  ///< the system lacks memory to read it
    };

    Kind kind;
    std::string_view bytes = {};  ///< into the buffer
    int error = 0;                ///< errno, if starved
};

/// Receives the available bytes, and counts them in `turn`. Returns `nothing` once the turn is used up.
Received receive(int fd, std::span<char> buffer, Turn& turn) noexcept;

class Input {
public:
    /// Whether input is read while a request is being answered.
    enum class Gate {
        open,
        held,   ///< the next request has begun: reading resumes after this answer
        full,   ///< too many replies are unsent: reading resumes once they are written
        ended,  ///< the input has ended, or is not FastCGI
    };

    explicit Input(std::size_t max_connections) : reader_(max_connections) {}

    Gate gate() const { return gate_; }
    const gateway::RecordReader& reader() const { return reader_; }

    /// Reads `bytes` up to the first thing to act on, while no request is being answered. Keeps the rest. Passes
    /// replies that fall due meanwhile to `writer`. Logs input that is not FastCGI.
    gateway::Incoming read(std::string_view bytes, gateway::ResponseWriter& writer);

    /// Reads while a request is being answered, sets the gate, and logs input that is not FastCGI. Returns whether the
    /// peer has aborted that request.
    bool read_while_answering(std::string_view bytes, gateway::ResponseWriter& writer);

    /// Receives from `fd` while a request is being answered, if the gate is open: usually FCGI_ABORT_REQUEST. Closes
    /// the gate at the end of the input.
    Received receive_while_answering(int fd, std::span<char> buffer, Turn& turn);

    bool has_unread() const { return !unread_.empty(); }

    /// Returns the bytes that were kept, and keeps none.
    std::string take_unread();

    /// Frees the memory of the params, which are decoded.
    void forget_params() { reader_.forget_params(); }

    /// Goes on to the next request, and opens the gate unless the input has ended.
    void next();

private:
    gateway::RecordReader reader_;
    std::string unread_;
    Gate gate_ = Gate::open;
};

}  // namespace reelgate::engine
