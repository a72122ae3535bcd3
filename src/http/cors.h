// Owns cross-origin access: what pages of other origins may see of an answer (Fetch standard, section 3.2).
// Restricts only browsers.
// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/request.h"
#include "http/response.h"

namespace reelgate::http {

/// Returns whether `text` is "*", or an origin as browsers send it: scheme://host or scheme://host:port, in lower case
/// and with nothing after it. A browser's Origin would never equal another form.
bool is_cors_origin(std::string_view text);

/// Adds the Access-Control fields to any answer, including errors: a page must be able to read those as well.
/// `allowed` is empty (no field is added), "*" alone, or a list of origins. With a list the answer depends on the
/// Origin, and tells caches so (Vary). With `with_credentials` a listed origin may also ask with cookies; "*" may not:
/// browsers refuse that pair (Fetch standard, section 3.2.5).
void add_cors_fields(Response& response, const Request& request, const std::vector<std::string>& allowed,
                     bool with_credentials = false);

}  // namespace reelgate::http
