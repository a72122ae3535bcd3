// Owns users and groups: their names, and those of this process.
// SPDX-License-Identifier: MIT
#include "posix/account.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "posix/failure.h"

namespace reelgate::posix {

namespace {

/// Bytes for an entry of the table of users or groups. A group with too many members for it is shown by its number.
constexpr std::size_t entry_length = 16'384;

}  // namespace

std::string user_name(uid_t id) {
    std::array<char, entry_length> buffer;
    passwd entry{}, *found = nullptr;
    if (getpwuid_r(id, &entry, buffer.data(), buffer.size(), &found) != 0 || !found) return std::to_string(id);
    return entry.pw_name;
}

std::string group_name(gid_t id) {
    std::array<char, entry_length> buffer;
    group entry{}, *found = nullptr;
    if (getgrgid_r(id, &entry, buffer.data(), buffer.size(), &found) != 0 || !found) return std::to_string(id);
    return entry.gr_name;
}

std::vector<gid_t> groups() {
    std::vector<gid_t> ids(static_cast<std::size_t>(std::max(getgroups(0, nullptr), 0)));
    ids.resize(static_cast<std::size_t>(std::max(getgroups(static_cast<int>(ids.size()), ids.data()), 0)));
    std::erase(ids, getegid());
    ids.insert(ids.begin(), getegid());
    return ids;
}

std::string user() {
    std::string text = "user " + user_name(geteuid()) + " (id " + std::to_string(geteuid()) + "; groups ";
    const auto ids = groups();
    for (const gid_t id : ids) text.append(id == ids.front() ? "" : ", ").append(group_name(id));
    return text + ")";
}

std::optional<User> find_user(const std::string& name) {
    const passwd* entry = getpwnam(name.c_str());
    if (!entry) return std::nullopt;
    return User{name, entry->pw_uid, entry->pw_gid};
}

void become(const User& user) {
    // In this order: changing the groups needs root.
    if (initgroups(user.name.c_str(), user.group) != 0 || setgid(user.group) != 0 || setuid(user.id) != 0)
        throw_errno("become-user", user.name);
}

}  // namespace reelgate::posix
