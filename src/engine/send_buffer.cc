// Owns how much a connection's socket holds of what is sent.
// SPDX-License-Identifier: MIT
#include "engine/send_buffer.h"

#include <sys/socket.h>

namespace reelgate::engine {

namespace {

/// A viewer is fast after this many bytes, at this many bytes a second. Watching takes far less.
constexpr std::uint64_t fast_bytes = std::uint64_t{8} << 20;
constexpr double fast_rate = 16 << 20;

/// Bytes that a Unix socket is to hold for a fast viewer; it gets no more than twice net.core.wmem_max, which is twice
/// the usual. Thus whoever sends and whoever receives are woken half as often: a whole film through nginx took a third
/// more time without it. Not for everybody, since that much of the page cache is held while a viewer pauses.
constexpr int roomy_buffer = 1 << 20;

}  // namespace

void SendBuffer::fit(int fd, std::uint64_t sent, std::chrono::duration<double> age) {
    if (!can_grow_ || sent < fast_bytes || static_cast<double>(sent) < fast_rate * age.count()) return;
    can_grow_ = false;
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &roomy_buffer, sizeof roomy_buffer);
}

}  // namespace reelgate::engine
