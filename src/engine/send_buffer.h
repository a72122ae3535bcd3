// Owns how much a connection's socket holds of what is sent.
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

    /// Makes the socket `fd` hold more where its peer took `sent` bytes of an answer within `age`, and is fast by that.
    void fit(int fd, std::uint64_t sent, std::chrono::duration<double> age);

private:
    bool can_grow_;  ///< TCP finds the right size by itself, and would stop to
};

}  // namespace reelgate::engine
