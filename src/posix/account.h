// Owns users and groups: their names, and those of this process.
// Does not know their permissions.
// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace reelgate::posix {

/// Returns the name of a user or a group; its number if it has no name, or no descriptor is left for the look-up.
std::string user_name(uid_t id);
std::string group_name(gid_t id);

/// Returns the groups of this process, the effective one first.
std::vector<gid_t> groups();

/// Formats the identity of this process for messages: "user www-data (id 33; groups www-data, video)".
std::string user();

/// An account of this machine.
struct User {
    std::string name;
    uid_t id = 0;
    gid_t group = 0;
};

/// Returns the account of that name; nothing if there is none.
std::optional<User> find_user(const std::string& name);

/// Changes the user of this process for good, with all groups of that user. Only root may. Throws posix::FailureError.
void become(const User& user);

}  // namespace reelgate::posix
