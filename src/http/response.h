// Owns the response as a value: status, fields and pieces of content. Whoever speaks it cannot change its mind.
// Does not know how to write itself.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "http/range.h"

namespace reelgate::http {

/// A header field. Names are literals of the program; only values are made.
struct Field {
    std::string_view name;
    std::string value;

    bool operator==(const Field&) const = default;
};

/// One run of planned content: literal text, or a range of the media file's bytes.
using Piece = std::variant<std::string, ByteRange>;

/// What will be said. Pieces are sent one after another; their lengths add up to Content-Length, except that the
/// answer to HEAD has the fields and no pieces.
struct Response {
    int status = 0;
    std::vector<Field> fields;
    std::vector<Piece> pieces;

    bool operator==(const Response&) const = default;
};

/// Counts the bytes of the pieces.
std::uint64_t content_length(const Response& response);

/// Finds a field's value by its exact name; nullptr where it is absent.
const std::string* find_field(const Response& response, std::string_view name);

/// Gives the reason phrase of a status that this program sends (RFC 9110 §15).
std::string_view reason_phrase(int status);

/// Value of Allow.
inline constexpr std::string_view allowed_methods = "GET, HEAD, OPTIONS";

/// Makes an error answer in the form {"detail": "..."}, never to be stored, in answer to `method`. `detail` is put
/// between quotation marks as it is: it must need no JSON escape.
Response error_response(std::string_view method, int status, std::string_view detail);

/// Sets Content-Length from the pieces, and drops these where `method` is HEAD (RFC 9110 §9.3.2, §8.6).
void seal(Response& response, std::string_view method);

}  // namespace reelgate::http
