// Owns the reason why a path cannot be used: which folder on the way, whose right, and the command that gives it.
// Does not open anything: closing a file would give up the locks that this process has on it.
// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "posix/failure.h"

namespace reelgate::posix {

/// What is in the way to a path: a folder above it, what a symbolic link leads to, or the path itself.
struct Obstacle {
    std::string path;
    std::string why;     ///< it is not there; or who may not do what, and whose it is
    std::string remedy;  ///< a command between grave accents, or where to look; empty where we know of none
    int error = 0;       ///< as errno(3) has it; EACCES where a right is missing

    struct Link {
        std::string path, target;
    };
    std::vector<Link> links;  ///< the symbolic links that lead to it, in order; mostly empty

    /// Makes the failure of an operation on `object` that this is in the way of. Its cause names each path that is not
    /// the object itself.
    Failure failure(std::string operation, std::string object) const;
};

/// Finds what keeps us from a right to `path`: R_OK, W_OK, X_OK (to search a folder), or several of them; F_OK asks
/// only whether it is there. Follows symbolic links. Takes a relative path from the current folder, and names it in
/// full where that can be reached so. Nothing where nothing is in the way.
std::optional<Obstacle> find_obstacle(const std::filesystem::path& path, int right);

/// Finds the same, as its text; empty where nothing is in the way.
std::string obstacle(const std::filesystem::path& path, int right);

}  // namespace reelgate::posix
