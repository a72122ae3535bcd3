// Owns conditional requests: what If-Match, If-None-Match, If-Modified-Since, If-Unmodified-Since and If-Range mean
// for a representation (RFC 9110 §13).
// Does not make the answer.
// SPDX-License-Identifier: MIT
#pragma once

#include "http/representation.h"
#include "http/request.h"

namespace reelgate::http {

/// Result of the preconditions of a GET or HEAD.
enum class Precondition {
    holds,         ///< go on with Range
    not_modified,  ///< 304: the client has this representation already
    failed,        ///< 412: the client expects another representation
};

/// Evaluates all fields except If-Range, in the order of RFC 9110 §13.2.2. `now` is the response's own date.
Precondition evaluate_preconditions(const Request& request, const Representation& representation, Time now);

/// Returns whether Range may be applied: there is no If-Range, or it names this representation (RFC 9110 §13.1.5).
bool if_range_holds(const Request& request, const Representation& representation, Time now);

}  // namespace reelgate::http
