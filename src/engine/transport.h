// Owns the kinds of sockets that carry FastCGI.
// SPDX-License-Identifier: MIT
#pragma once

namespace reelgate::engine {

/// Kind of socket of a connection.
enum class Transport { unix_socket, internet };

}  // namespace reelgate::engine
