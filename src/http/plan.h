// Owns the decision: how to answer a request, once it is known what its target stands for (RFC 9110 §13 to §15).
// Does not look anything up, and sends nothing: it is a function of its arguments.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "http/dependence.h"
#include "http/representation.h"
#include "http/request.h"
#include "http/response.h"

namespace reelgate::http {

/// The administrator's settings for answers. Defaults are those of the options.
struct Policy {
    std::string cache_control;              ///< Cache-Control of 200, 206 and 304
    std::size_t max_ranges{};               ///< range-specs; a Range with more is ignored
    std::vector<std::string> cors_origins;  ///< see add_cors_fields
    bool cors_credentials = false;          ///< the same
    bool cache_protected = false;           ///< cache_control holds for personal answers, too
    std::string www_authenticate;           ///< WWW-Authenticate of 401 (RFC 9110 §11.6.1)
};

/// Why a target stands for no representation: the status and the detail of an error response.
struct Refusal {
    int status = 0;
    std::string detail;
};

/// The selected representation (RFC 9110 §3.2), or why there is none.
using Selection = std::variant<Representation, Refusal>;

/// Inputs of an answer besides the request: a plan has neither a clock nor random numbers of its own.
struct Surroundings {
    Time now;                         ///< the response's own date
    std::string (*new_boundary)();    ///< returns a multipart boundary that does not occur in the content
    Dependence dependence = {};       ///< what decided that there is an answer
};

/// Returns whether `method` is answered with a representation.
bool asks_for_representation(std::string_view method);

/// Plans the answer to any request. GET and HEAD: 200, 206, 304, 412 or 416, or the status of the refusal. Other
/// methods: as without_representation(), whatever is selected.
Response plan_response(const Request& request, const Selection& selection, const Policy& policy,
                       const Surroundings& surroundings);

/// Returns the answer to a refused request. A 401 "MUST send a WWW-Authenticate header field" (§15.5.2).
Response refusal_response(const Refusal& refusal, const Policy& policy);

/// Answers a method that asks for no representation: 204 to OPTIONS, otherwise 405.
Response without_representation(std::string_view method);

}  // namespace reelgate::http
