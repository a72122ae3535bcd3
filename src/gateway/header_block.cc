// Owns the CGI header block: how every Response begins, over CGI and FastCGI (RFC 3875 §6.2.1, §6.3).
// SPDX-License-Identifier: MIT
#include "gateway/header_block.h"

namespace reelgate::gateway {

std::string format_header_block(const http::Response& response) {
    // Every server takes CRLF, and some pass the fields on unchanged, although RFC 3875 §7.2 has a bare LF for Unix.
    constexpr std::string_view newline = "\r\n";
    std::string block;
    block.reserve(512);
    // Always a Status, 200 included: without one Apache evaluates the preconditions itself.
    block.append("Status: ").append(std::to_string(response.status)).append(" ");
    block.append(http::reason_phrase(response.status)).append(newline);
    for (const http::Field& field : response.fields)
        block.append(field.name).append(": ").append(field.value).append(newline);
    return block.append(newline);
}

}  // namespace reelgate::gateway
