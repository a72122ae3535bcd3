// Owns the choice among the targets of a request whose path the web server has changed: its client's, and its own.
// SPDX-License-Identifier: MIT
#include "http/rewritten.h"

#include <algorithm>

#include "http/target.h"

namespace reelgate::http {

std::optional<Request> rewritten(const Request& request, std::string_view prefix) {
    const auto is_ours = [prefix](const std::string& target) { return is_below(target, prefix); };
    if (request.rewritten.empty() || is_ours(request.target)) return std::nullopt;
    const auto found = std::find_if(request.rewritten.begin(), request.rewritten.end(), is_ours);
    if (found == request.rewritten.end()) return std::nullopt;
    Request changed = request;
    changed.target = *found;
    changed.rewritten.clear();
    return changed;
}

}  // namespace reelgate::http
