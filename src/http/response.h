// Owns the response as a value: status, fields and pieces of content, all decided before a byte is written.
// Does not know how to write itself.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "http/dependence.h"
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

/// What became of the Range of a request (RFC 9110 §14.2).
enum class RangeFate {
    undecided,      ///< the answer does not depend on it: an error, 304, or another method than GET and HEAD
    none,           ///< there was none: everything is sent
    ignored,        ///< everything is sent nevertheless
    single,         ///< one part is sent
    multipart,      ///< several parts are sent
    unsatisfiable,  ///< none of it can be sent: 416
    offloaded,      ///< the web server sends the content, and applies a Range itself
};

/// A response. Its pieces are sent one after another, and their lengths add up to Content-Length. The response to HEAD
/// has the same fields, but no pieces.
struct Response {
    int status = 0;
    std::vector<Field> fields;
    std::vector<Piece> pieces;
    RangeFate range = RangeFate::undecided;

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

/// Makes the error response to GET, in the form {"detail": "..."}, never to be stored. `detail` is not escaped: it must
/// be valid inside a JSON string.
Response error_response(int status, std::string_view detail);

/// Adds the fields that an answer depends on to Vary (RFC 9110 §12.5.5), in one line with those that it has: not every
/// web server passes two lines on.
void add_vary(Response& response, const Dependence& dependence);

/// Sets Content-Length from the pieces (RFC 9110 §8.6).
void seal(Response& response);

/// Makes the response to HEAD of the one to GET, if `method` is HEAD: it has the same fields and no content (RFC 9110
/// §9.3.2).
void drop_content_if_head(Response& response, std::string_view method);

}  // namespace reelgate::http
