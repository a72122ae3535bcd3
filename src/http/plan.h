// Owns the decision: which answer a request for a representation that is there gets (RFC 9110 §13 to §15).
// Does not look anything up and sends nothing; it is a function of its arguments.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>

#include "http/representation.h"
#include "http/request.h"
#include "http/response.h"

namespace reelgate::http {

/// What the administrator decides about answers.
struct Policy {
    std::string cache_control = "private";  ///< Cache-Control of 200 and 206
    std::size_t max_ranges = 100;           ///< range-specs; with more than these a Range is ignored
};

/// Tells whether `method` is one that this resource answers with a representation.
bool is_allowed(std::string_view method);

/// Plans the answer to an allowed method: 200, 206 or 416.
Response plan_response(const Request& request, const Representation& representation, const Policy& policy);

}  // namespace reelgate::http
