// Owns cross-origin access: what pages of other origins may see of an answer (Fetch standard, section 3.2).
// Does not restrict anybody but browsers.
// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/request.h"
#include "http/response.h"

namespace reelgate::http {

/// Tells whether `text` is "*", or an origin as browsers send it: scheme://host or scheme://host:port, in lower case
/// and with nothing after it. Another form would never be equal to what a browser sends.
bool is_cors_origin(std::string_view text);

/// Adds the Access-Control fields to any answer, errors included: a page has to be able to read those as well.
/// `allowed` is empty (no field is added), "*" alone, or a list of origins. With a list the answer depends on who asks,
/// and says so to caches (Vary).
void add_cors_fields(Response& response, const Request& request, const std::vector<std::string>& allowed);

}  // namespace reelgate::http
