// Owns the answer to what lies below the folder of videos, by name.
// Does not open a file, and does not follow a link.
// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace reelgate::media {

struct Listing {
    std::vector<std::string> files;    ///< paths below the folder; all that is no folder, links included
    std::vector<std::string> unknown;  ///< "path: cause" of folders that could not be listed
};

/// Lists `folder` and all folders below it. A "lost+found" right in it is the file system's own and left out. Calls
/// `progress` with the number of files after each folder.
Listing list_files(const std::filesystem::path& folder, const std::function<void(std::size_t)>& progress);

}  // namespace reelgate::media
