// Owns the response as a value: status, fields and pieces of content, all decided before a byte is written.
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

/// A header field. Its name is a literal of the program; only its value is made at run time.
struct Field {
    std::string_view name;
    std::string value;

    bool operator==(const Field&) const = default;
};

/// One run of planned content: literal text, or a range of the media file's bytes.
using Piece = std::variant<std::string, ByteRange>;

/// A response. Its pieces are sent one after another, and their lengths add up to Content-Length. The response to HEAD
/// has the same fields, but no pieces.
struct Response {
    int status = 0;
    std::vector<Field> fields;
    std::vector<Piece> pieces;

    bool operator==(const Response&) const = default;
};

/// Returns the number of bytes in the pieces.
std::uint64_t content_length(const Response& response);

/// Returns the value of the field with this exact name; nullptr if it is absent.
const std::string* find_field(const Response& response, std::string_view name);

/// Returns the reason phrase of a status that this program sends (RFC 9110 §15).
std::string_view reason_phrase(int status);

/// Value of Allow.
inline constexpr std::string_view allowed_methods = "GET, HEAD, OPTIONS";

/// Makes the error response to `method`, in the form {"detail": "..."}, never to be stored. `detail` is not escaped: it
/// must be valid inside a JSON string.
Response error_response(std::string_view method, int status, std::string_view detail);

/// Sets Content-Length from the pieces, and drops these if `method` is HEAD (RFC 9110 §9.3.2, §8.6).
void seal(Response& response, std::string_view method);

}  // namespace reelgate::http
