// Owns the question which permissions the user of this process lacks, that serving needs.
// Does not ask for those of another user: the process becomes that user first.
// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>

#include "audit/evidence.h"

namespace reelgate::audit {

/// Returns whether a permission for a path, as for posix::find_obstacle(), is missing, and adds it to `rights` then. A
/// path that does not exist lacks none.
bool lacks(Rights& rights, const std::filesystem::path& path, int right);

/// Finds the missing permissions for catalogue and folder of videos, not for what is in it.
Rights look_at_rights(const Subject& subject);

}  // namespace reelgate::audit
