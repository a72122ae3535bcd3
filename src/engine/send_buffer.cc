// Owns the size of a connection's send buffer.
// SPDX-License-Identifier: MIT
#include "engine/send_buffer.h"

#include <sys/socket.h>

namespace reelgate::engine {

namespace {

/// A viewer counts as fast after this many bytes at this many bytes a second. Watching a film needs far less.
constexpr std::uint64_t fast_bytes = std::uint64_t{8} << 20;
constexpr double fast_rate = 16 << 20;

/// Bytes that a Unix socket buffers for a fast viewer. The kernel grants at most twice net.core.wmem_max, which is
/// twice the default. Sender and receiver then wake half as often: without it a whole film through nginx took a third
/// more time. Only for fast viewers, since a paused viewer holds that much of the page cache.
constexpr int roomy_buffer = 1 << 20;

}  // namespace

void SendBuffer::fit(int fd, std::uint64_t sent, std::chrono::duration<double> age) {
    if (!can_grow_ || sent < fast_bytes || static_cast<double>(sent) < fast_rate * age.count()) return;
    can_grow_ = false;
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &roomy_buffer, sizeof roomy_buffer);
}

}  // namespace reelgate::engine
