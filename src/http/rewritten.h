// Owns the choice among the targets of a request whose path the web server has changed: its client's, and its own.
// Does not take a target apart: target.h does.
// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string_view>

#include "http/request.h"

namespace reelgate::http {

/// Returns the request with another target: the first of its rewritten ones whose path is below `prefix`. Returns
/// nothing, and costs nothing, if its own target is below it: then no other counts, even if that one names no video.
/// Nor is there one if no target is below it.
std::optional<Request> rewritten(const Request& request, std::string_view prefix);

}  // namespace reelgate::http
