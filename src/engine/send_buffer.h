// Owns the size of a connection's send buffer.
// Does not send.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>

#include "engine/transport.h"

namespace reelgate::engine {

class SendBuffer {
public:
    explicit SendBuffer(Transport transport) : can_grow_(transport == Transport::unix_socket) {}

    /// Enlarges the send buffer of `fd` once, if the peer is fast: it took `sent` bytes of an answer within `age`.
    void fit(int fd, std::uint64_t sent, std::chrono::duration<double> age);

private:
    bool can_grow_;  ///< false for TCP, which tunes the size itself until SO_SNDBUF is set
};

}  // namespace reelgate::engine
