// Owns the form of a link in front of the path: "/bcdn_token=HS256-...&expires=.../api/stream/show/index.m3u8". A list
// of segments that names them by relative paths has the same link before each of them.
// Does not verify it.
// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace reelgate::http {

/// A target, as a link in front of it and the rest. Views into the target.
struct Fronted {
    std::string_view front;  ///< "bcdn_token=..."; empty: there is none
    std::string_view rest;   ///< the target without it: it begins with a slash, or is empty
};

/// Takes the link off the front of a target in origin-form or absolute-form. A target without one is all rest.
Fronted take_front(std::string_view target);

}  // namespace reelgate::http
