// Owns the CGI header block: how a Response begins on every way out (RFC 3875 §6.2.1, §6.3).
// SPDX-License-Identifier: MIT
#include "gateway/header_block.h"

namespace reelgate::gateway {

std::string format_header_block(const http::Response& response) {
    // Lines end with CRLF, which every server takes, although RFC 3875 §7.2 has a bare LF for Unix: some pass the
    // fields on as they came.
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
