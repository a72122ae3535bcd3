// Owns asking a FastCGI responder, as a web server would: one request, one answer, for commands.
// Does not serve.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <string>

#include "gateway/listener.h"

namespace reelgate::gateway {

/// Answer of a responder.
struct Reply {
    int status = 0;
    std::string content;
};

/// Formats an address as parse_address() takes it.
std::string format_address(const Address& address);

/// Asks the responder at `address` to GET `target`, and waits `timeout` at most. Throws posix::FailureError: nothing
/// listens there, connecting is not permitted, no answer comes in time, or the answer is not FastCGI.
Reply get_from(const Address& address, const std::string& target, std::chrono::milliseconds timeout);

}  // namespace reelgate::gateway
