// Owns writing a response to a plain descriptor, blocking: CGI's standard output, and that of `get`.
// Does not read the request: that is in the meta-variables.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "gateway/failure.h"
#include "gateway/piece_cursor.h"
#include "http/response.h"

namespace reelgate::gateway {

/// Outcome of writing a response.
struct Transfer {
    Failure failure;         ///< none: complete; otherwise aborted, or what is wrong with the file
    std::uint64_t sent = 0;  ///< bytes of content, the header block not counted
};

/// Writes a response to `out`: header block and pieces, whose ranges refer to `content`.
Transfer write_response(int out, const http::Response& response, const Content& content);

/// Writes the content of a response to `out`, without a header block.
Transfer write_content(int out, PieceCursor pieces);

/// Throws the failure of `transfer` to standard output, if there is one.
void check(const Transfer& transfer);

}  // namespace reelgate::gateway
