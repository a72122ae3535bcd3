// Owns asking a FastCGI responder, as a web server would: one request, one answer, for commands.
// Does not serve: it waits, and gives up.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <string>

#include "gateway/listener.h"

namespace reelgate::gateway {

/// What a responder said.
struct Reply {
    int status = 0;
    std::string content;
};

/// Gives an address as a person writes it.
std::string format_address(const Address& address);

/// Asks the responder at `address` to GET `target`, and waits `timeout` at the most. Throws std::runtime_error with
/// object, cause and remedy: nobody listens there, it may not be connected to, it does not answer in time, or what
/// answers is no FastCGI.
Reply get_from(const Address& address, const std::string& target, std::chrono::milliseconds timeout);

}  // namespace reelgate::gateway
