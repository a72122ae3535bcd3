// Owns what the column `allow` says: whether the one who asks may watch.
// Does not answer: admission.h does.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace reelgate::catalog {

enum class Permission : std::uint8_t {
    unasked,    ///< the query has no such column: everybody may
    granted,    ///< 200 or 1
    login,      ///< 401: not before a log-in
    forbidden,  ///< 403, 0 or NULL
    hidden,     ///< 404: as if there were no such video
    invalid,    ///< anything else, text and blobs among it: nobody may
};

}  // namespace reelgate::catalog
