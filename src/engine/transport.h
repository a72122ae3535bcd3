// Owns the difference between the sockets that carry FastCGI.
// SPDX-License-Identifier: MIT
#pragma once

namespace reelgate::engine {

/// What carries a connection.
enum class Transport { unix_socket, internet };

}  // namespace reelgate::engine
