// Owns the rights of users on files: whose they are now, and which one is missing on the way to a path.
// SPDX-License-Identifier: MIT
#include "posix/rights.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <vector>

#include "posix/error.h"
#include "posix/shell.h"

namespace reelgate::posix {

namespace {

/// As many links as the kernel follows in one path (path_resolution(7)).
constexpr int most_links = 40;

bool may(const std::filesystem::path& path, int mode) {
    return faccessat(AT_FDCWD, path.c_str(), mode, AT_EACCESS) == 0 || errno != EACCES;
}

std::string user_name(uid_t id) {
    const passwd* entry = getpwuid(id);
    return entry ? entry->pw_name : std::to_string(id);
}

std::string group_name(gid_t id) {
    const group* entry = getgrgid(id);
    return entry ? entry->gr_name : std::to_string(id);
}

bool is_in_group(gid_t id) {
    if (getegid() == id) return true;
    std::vector<gid_t> groups(static_cast<std::size_t>(std::max(getgroups(0, nullptr), 0)));
    if (getgroups(static_cast<int>(groups.size()), groups.data()) < 0) return false;
    return std::find(groups.begin(), groups.end(), id) != groups.end();
}

const char* verb(int mode, bool is_folder) {
    if (mode == W_OK) return "write";
    return mode == X_OK ? (is_folder ? "search" : "execute") : "read";
}

/// A right to read or to search is given to the class that `user` is in. One to write is not given to everybody:
/// whoever writes should own.
std::string remedy(const std::filesystem::path& path, const struct stat& status, int mode, const User& user) {
    const bool is_owner = status.st_uid == user.id;
    if (mode == W_OK && !is_owner) return "`chown " + user.name + " " + shell_word(path.native()) + "`";
    const char who = is_owner ? 'u' : is_in_group(status.st_gid) ? 'g' : 'o';
    const char right = mode == W_OK ? 'w' : mode == X_OK ? 'x' : 'r';
    return std::string{"`chmod "} + who + "+" + right + " " + shell_word(path.native()) + "`";
}

MissingRight describe(const std::filesystem::path& path, int mode) {
    const User user = present_user();
    struct stat status;
    if (stat(path.c_str(), &status) != 0)
        return {path, user.name + " may not reach it: " + cause(errno), "look at the folders above it"};
    const std::string cannot = user.name + " may not " + verb(mode, S_ISDIR(status.st_mode)) + " it";
    std::array<char, 16> octal;
    std::snprintf(octal.data(), octal.size(), "%04o", static_cast<unsigned>(status.st_mode & 07777));
    const std::string owner = user_name(status.st_uid) + ":" + group_name(status.st_gid);
    return {path, cannot + " (mode " + octal.data() + ", " + owner + ")", remedy(path, status, mode, user)};
}

std::optional<MissingRight> find(const std::filesystem::path& path, int mode, int links);

/// Looks at one place whose own folder can be searched. A link's rights are those of what it leads to.
std::optional<MissingRight> find_at(const std::filesystem::path& place, int mode, int links) {
    if (may(place, mode)) return std::nullopt;
    std::error_code error;
    const auto target = std::filesystem::read_symlink(place, error);
    if (!error && links < most_links) {
        if (auto missing = find(place.parent_path() / target, mode, links + 1)) return missing;
    }
    return describe(place, mode);
}

std::optional<MissingRight> find(const std::filesystem::path& path, int mode, int links) {
    std::filesystem::path place;
    for (const auto& name : path) {
        if (!place.empty())
            if (auto missing = find_at(place, X_OK, links)) return missing;
        place /= name;
    }
    for (const int right : {X_OK, R_OK, W_OK})
        if (mode & right)
            if (auto missing = find_at(place, right, links)) return missing;
    return std::nullopt;
}

}  // namespace

std::optional<User> find_user(const std::string& name) {
    const passwd* entry = getpwnam(name.c_str());
    if (!entry) return std::nullopt;
    return User{name, entry->pw_uid, entry->pw_gid};
}

User present_user() { return {user_name(geteuid()), geteuid(), getegid()}; }

void become(const User& user) {
    // In this order: without root's rights the groups cannot be changed any more.
    if (initgroups(user.name.c_str(), user.group) != 0 || setgid(user.group) != 0 || setuid(user.id) != 0)
        throw_errno("become", "user " + user.name);
}

std::optional<MissingRight> find_missing_right(const std::filesystem::path& path, int mode) {
    return find(std::filesystem::absolute(path), mode, 0);
}

}  // namespace reelgate::posix
