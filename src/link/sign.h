// Owns the making of links that expire: what verify.h takes.
// Does not know how long a link should live, and has no clock.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "link/keys.h"

namespace reelgate::link {

/// The last second at which a link can expire, and the first: both have ten digits.
inline constexpr std::int64_t max_expires = 9'999'999'999;
inline constexpr std::int64_t min_expires = 1'000'000'000;

/// A link that is to be made.
struct Offer {
    std::string_view path = {};     ///< of the film, decoded; it begins with a slash
    std::int64_t expires = 0;       ///< from min_expires to max_expires
    std::string_view address = {};  ///< its bytes: see bytes_of_address(); empty: for any
    std::string_view folder = {};   ///< which the link is for, a beginning of the path: it stands in front then
    bool is_download = false;       ///< whether the film is saved, not played; not with a folder
};

/// Returns the target with its link: "PATH?token=...&expires=..." or "/bcdn_token=...&expires=.../PATH".
std::string sign(const Key& key, const Offer& offer);

}  // namespace reelgate::link
