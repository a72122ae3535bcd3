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
    std::string cache_control = "private";  ///< Cache-Control of 200, 206 and 304
    std::size_t max_ranges = 100;           ///< range-specs; with more than these a Range is ignored
};

/// What an answer takes from outside: a plan has neither clock nor chance of its own.
struct Surroundings {
    Time now;                         ///< the response's own date
    std::string (*new_boundary)();    ///< gives a multipart boundary that occurs in nothing that is sent
};

/// Tells whether `method` is one that is answered with a representation.
bool asks_for_representation(std::string_view method);

/// Plans the answer to GET or HEAD: 200, 206, 304, 412 or 416.
Response plan_response(const Request& request, const Representation& representation, const Policy& policy,
                       const Surroundings& surroundings);

/// Plans the answer to all other methods: 204 to OPTIONS, otherwise 405.
Response plan_without_representation(const Request& request);

}  // namespace reelgate::http
