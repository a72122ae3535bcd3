// Owns the CGI header block: how every Response begins, over CGI and FastCGI (RFC 3875 §6.2.1, §6.3).
// Does not send it.
// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "http/response.h"

namespace reelgate::gateway {

/// Formats status and fields, ending with the empty line.
std::string format_header_block(const http::Response& response);

}  // namespace reelgate::gateway
