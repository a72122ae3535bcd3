// Owns the reason why a path cannot be used: the folder in the way, the missing permission, and the command that grants
// it.
// Does not open anything: closing a file would release the locks that this process has on it.
// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "posix/failure.h"

namespace reelgate::posix {

/// An obstacle to using a path: a folder above it, the target of a symbolic link, or the path itself.
struct Obstacle {
    std::string path;
    std::string why;     ///< it does not exist; or which user lacks which permission, and who owns it
    std::string remedy;  ///< a command between grave accents, or where to look; empty if we know of none
    int error = 0;       ///< errno(3); EACCES for a missing permission

    struct Link {
        std::string path, target;
    };
    std::vector<Link> links;  ///< the symbolic links that lead to it, in order; mostly none

    /// Makes the failure of an operation on `object` that this obstacle prevents. Its cause names each path other than
    /// the object.
    Failure failure(std::string operation, std::string object) const;
};

/// Finds the obstacle to a permission for `path`: R_OK, W_OK, X_OK (to search a folder), or several of them; F_OK asks
/// only whether it exists. Follows symbolic links. Takes a relative path from the current folder, and names its
/// absolute path if that can be reached. Returns nothing if there is no obstacle.
std::optional<Obstacle> find_obstacle(const std::filesystem::path& path, int right);

}  // namespace reelgate::posix
