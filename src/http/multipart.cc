// Owns multipart/byteranges: several ranges of one representation in one content (RFC 9110 §14.6, RFC 2046 §5.1).
// SPDX-License-Identifier: MIT
#include "http/multipart.h"

namespace reelgate::http {

namespace {

/// Bytes of a part's head without its media type, for a boundary of 32 digits and positions of ten: one allocation.
constexpr std::size_t usual_head = 120;

}  // namespace

std::vector<Piece> multipart_pieces(std::span<const ByteRange> ranges, const Representation& representation,
                                    std::string_view boundary) {
    std::vector<Piece> pieces;
    pieces.reserve(2 * ranges.size() + 1);
    // The CRLF before a delimiter belongs to it (RFC 2046 §5.1.1); nothing precedes the first.
    std::string_view newline = "";
    for (const ByteRange range : ranges) {
        std::string head;
        head.reserve(usual_head + representation.media_type.size());
        head.append(newline).append("--").append(boundary);
        head.append("\r\nContent-Type: ").append(representation.media_type);
        append_content_range(head.append("\r\nContent-Range: "), range, representation.complete_length);
        pieces.emplace_back(std::move(head.append("\r\n\r\n")));
        pieces.emplace_back(range);
        newline = "\r\n";
    }
    std::string end{newline};
    pieces.emplace_back(std::move(end.append("--").append(boundary).append("--\r\n")));
    return pieces;
}

std::string multipart_media_type(std::string_view boundary) {
    return std::string{"multipart/byteranges; boundary="}.append(boundary);
}

}  // namespace reelgate::http
