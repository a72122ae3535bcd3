// Owns multipart/byteranges: several ranges of one representation in one content (RFC 9110 §14.6, RFC 2046 §5.1).
// Does not copy the content of the ranges: they stay pieces.
// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "http/representation.h"
#include "http/response.h"

namespace reelgate::http {

/// Makes the pieces: text, range, text, range, ..., text. `boundary` must not occur in the content.
std::vector<Piece> multipart_pieces(std::span<const ByteRange> ranges, const Representation& representation,
                                    std::string_view boundary);

/// Formats the Content-Type of the whole.
std::string multipart_media_type(std::string_view boundary);

}  // namespace reelgate::http
