// Owns what a look-up asks: the id, and what a query may name of the request.
// Does not bind it: parameters.h does.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string_view>

#include "http/request.h"

namespace reelgate::catalog {

/// Must not outlive the request.
struct Question {
    std::string_view id;
    const http::Request* request = nullptr;  ///< null: there is none, and what a query names of it is NULL
    std::int64_t now = 0;                    ///< in seconds since 1970
    bool has_link = false;                   ///< the request has shown a good one
};

}  // namespace reelgate::catalog
