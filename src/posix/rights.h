// Owns the rights of users on files: whose they are now, and which one is missing on the way to a path.
// Does not know what the files are for. Does not change any right.
// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>

namespace reelgate::posix {

/// An account of this machine.
struct User {
    std::string name;  ///< its number, where it has no name
    uid_t id = 0;
    gid_t group = 0;
};

/// Finds an account; nothing when there is none of that name.
std::optional<User> find_user(const std::string& name);

/// The user whom this process acts as.
User present_user();

/// Makes this process `user`'s for the rest of its life, with all groups of that user. Only root may. Throws
/// std::system_error.
void become(const User& user);

/// A right that the present user lacks.
struct MissingRight {
    std::string path;    ///< of the folder or file where it is lacking
    std::string why;     ///< who may not do what, and whose the file is
    std::string remedy;  ///< a command
};

/// Finds the first missing right on the way to `path`: to search each folder above it, then those of `mode` (R_OK, W_OK
/// and X_OK, as in access(2)) on it. Follows symbolic links. Nothing when none is missing; nor when something is not
/// there at all.
std::optional<MissingRight> find_missing_right(const std::filesystem::path& path, int mode);

}  // namespace reelgate::posix
