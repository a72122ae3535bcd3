// Owns the list of what is below the folder of videos, by name.
// Does not open files, and does not follow links.
// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "posix/failure.h"

namespace reelgate::media {

struct Listing {
    std::vector<std::string> files;       ///< paths below the folder, of everything but folders; links are included
    std::vector<posix::Failure> unknown;  ///< of folders that could not be listed; the operation is the caller's
};

/// Lists `folder` and all folders below it, except a "lost+found" directly in it, which is the file system's own. Calls
/// `progress` with the number of files after each folder.
Listing list_files(const std::filesystem::path& folder, const std::function<void(std::size_t)>& progress);

}  // namespace reelgate::media
