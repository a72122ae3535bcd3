// Owns the decision: how to answer a request for an existing representation (RFC 9110 §13 to §15).
// Does not look anything up, and sends nothing: it is a function of its arguments.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>

#include "http/representation.h"
#include "http/request.h"
#include "http/response.h"

namespace reelgate::http {

/// The administrator's settings for answers. Defaults are those of the options.
struct Policy {
    std::string cache_control;  ///< Cache-Control of 200, 206 and 304
    std::size_t max_ranges{};   ///< range-specs; a Range with more is ignored
};

/// Inputs of an answer besides the request: a plan has neither a clock nor random numbers of its own.
struct Surroundings {
    Time now;                         ///< the response's own date
    std::string (*new_boundary)();    ///< returns a multipart boundary that does not occur in the content
};

/// Returns whether `method` is answered with a representation.
bool asks_for_representation(std::string_view method);

/// Plans the answer to GET or HEAD: 200, 206, 304, 412 or 416.
Response plan_response(const Request& request, const Representation& representation, const Policy& policy,
                       const Surroundings& surroundings);

/// Plans the answer to all other methods: 204 to OPTIONS, otherwise 405.
Response plan_without_representation(const Request& request);

}  // namespace reelgate::http
