// Owns the look at a file that no row names: what it is, and whether an `add` has made it.
// Does not say what is wrong with it: judge.h does.
// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

#include "audit/evidence.h"

namespace reelgate::audit {

/// Looks at the file at a path, or at the link. Returns nothing if it is gone.
std::optional<StrayFile> stray_at(const std::string& path);

}  // namespace reelgate::audit
