// Owns users and groups: their names, and whom this process acts as.
// Does not know what they may do.
// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace reelgate::posix {

/// The name of a user or a group. Its number stands for what has none, and where there is no descriptor to look it up
/// with.
std::string user_name(uid_t id);
std::string group_name(gid_t id);

/// Our groups, the effective one first.
std::vector<gid_t> groups();

/// Says who we are where rights are asked for: "user www-data (id 33; groups www-data, video)".
std::string user();

/// An account of this machine.
struct User {
    std::string name;
    uid_t id = 0;
    gid_t group = 0;
};

/// Finds an account; nothing when there is none of that name.
std::optional<User> find_user(const std::string& name);

/// Makes this process `user`'s for the rest of its life, with all groups of that user. Only root may. Throws
/// std::system_error.
void become(const User& user);

}  // namespace reelgate::posix
