// Owns what the column `allow` can say, whether a viewer may watch; and whether a query has ever had it.
// Does not answer: admission.h does.
// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

namespace reelgate::catalog {

enum class Permission : std::uint8_t {
    unasked,    ///< the query has no such column: all may watch
    granted,    ///< 200 or 1
    login,      ///< 401: not before a log-in
    forbidden,  ///< 403, 0 or NULL
    hidden,     ///< 404: as if there were no such video
    invalid,    ///< anything else, including text and blobs: refused
};

/// Whether a query has ever had the column, for all that read with it: without it all may watch, which a change of the
/// schema must not bring about. For any thread; never null.
using HadAllow = std::shared_ptr<std::atomic<bool>>;

inline HadAllow no_allow_yet() { return std::make_shared<std::atomic<bool>>(false); }

}  // namespace reelgate::catalog
