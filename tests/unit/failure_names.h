// Owns the names by which tests compare what stops a transfer.
// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

#include "gateway/failure.h"

namespace reelgate {

inline std::string_view name_of(gateway::Failure failure) {
    switch (failure.kind) {
        case gateway::Failure::Kind::none: return "none";
        case gateway::Failure::Kind::interrupted: return "interrupted";
        case gateway::Failure::Kind::blocked: return "blocked";
        case gateway::Failure::Kind::aborted: return "aborted";
        case gateway::Failure::Kind::starved: return "starved";
        case gateway::Failure::Kind::unreadable: return "unreadable";
        case gateway::Failure::Kind::shorter: return "shorter";
        case gateway::Failure::Kind::changed: return "changed";
    }
    return "none of them";
}

}  // namespace reelgate
