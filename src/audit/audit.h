// Owns the audit: compares catalogue and files, which it reads the same way as requests do.
// Does not change anything, and does not know how findings are shown.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "audit/judge.h"
#include "audit/looks.h"
#include "posix/account.h"

namespace reelgate::audit {

struct Report {
    std::vector<Finding> findings;  ///< by kind, then by object
    std::size_t rows = 0;           ///< ids in the catalogue
    std::size_t ready = 0;          ///< those that may be streamed
    std::size_t files = 0;          ///< below the folders of videos
    std::string add_command;        ///< records all files without a row; empty if no command can
};

/// Checks every row and every file. With `user`, changes the user of the process for good. Throws
/// posix::FailureError if the audit fails for a reason that is not a finding.
Report run(const Subject& subject, const std::optional<posix::User>& user, const Progress& progress);

}  // namespace reelgate::audit
