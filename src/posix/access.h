// Owns the reason why a path cannot be used: which folder on the way, whose right, and the command that gives it.
// Does not open anything: closing a file would give up the locks that this process has on it.
// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>

namespace reelgate::posix {

/// Says who we are where rights are asked for: "user www-data (id 33; groups www-data, video)". Numbers stand for what
/// has no name, and for all of it when there is no descriptor to look the names up with.
std::string user();

/// Finds what keeps us from a right to `path`: R_OK, W_OK, X_OK (to search a folder), or several of them; F_OK asks
/// only whether it is there. Empty where nothing does. The text begins with the path of what is in the way, be it a
/// folder on the way or `path` itself, and ends with a command between grave accents where one would help.
std::string obstacle(const std::filesystem::path& path, int right);

}  // namespace reelgate::posix
