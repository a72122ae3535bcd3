// Owns the request as the rules see it: method, target and the fields that change an answer.
// Does not know how it came in.
// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

namespace reelgate::http {

/// A request. A field that was not sent is absent; one that was sent empty is there and empty.
struct Request {
    std::string method;  ///< case-sensitive (RFC 9110 §9.1)
    std::string target;  ///< as in the request line: origin-form or absolute-form, not decoded (RFC 9112 §3.2)
    std::optional<std::string> range;  ///< Range, several lines joined by ", " (RFC 9110 §5.3)
};

}  // namespace reelgate::http
