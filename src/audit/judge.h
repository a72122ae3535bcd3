// Owns the judgement of an audit: what is wrong, by the evidence alone.
// Does not look at anything itself, so that each verdict can be tested without a file.
// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "audit/evidence.h"
#include "audit/kinds.h"
#include "posix/failure.h"

namespace reelgate::audit {

struct Finding {
    Kind kind;
    std::string id;          ///< of the video; empty if it is about none
    posix::Failure failure;  ///< its object is a path, or an id; it always has a cause and a remedy
};

/// Returns the findings, by kind, then by object. A file that differs between the looks is on its way, and its other
/// faults do not count.
std::vector<Finding> judge(const FirstLook& first, const SecondLook& second, const Rights& rights);

}  // namespace reelgate::audit
