// Owns the reason why a path cannot be used: which folder on the way, whose right, and the command that gives it.
// SPDX-License-Identifier: MIT
#include "posix/access.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "posix/error.h"
#include "posix/shell.h"

namespace reelgate::posix {

namespace {

namespace fs = std::filesystem;

/// Symbolic links that are followed to find the folder in the way; the kernel follows 40 (path_resolution(7)).
constexpr int most_links = 40;

/// Bytes for an entry of the table of users or groups. A group with more members than fit is shown by its number.
constexpr std::size_t entry_length = 16'384;

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

/// Our groups, the effective one first.
std::vector<gid_t> groups() {
    std::vector<gid_t> ids(static_cast<std::size_t>(std::max(getgroups(0, nullptr), 0)));
    ids.resize(static_cast<std::size_t>(std::max(getgroups(static_cast<int>(ids.size()), ids.data()), 0)));
    std::erase(ids, getegid());
    ids.insert(ids.begin(), getegid());
    return ids;
}

bool may(const fs::path& path, int right) { return faccessat(AT_FDCWD, path.c_str(), right, AT_EACCESS) == 0; }

/// "read", "write", and "search" for folders.
std::string right_in_words(int right, bool is_folder) {
    std::string text;
    const auto add = [&](const char* word) { text.append(text.empty() ? "" : " and ").append(word); };
    if (right & R_OK) add("read");
    if (right & W_OK) add(is_folder ? "make files in" : "write");
    if (right & X_OK && !(right & W_OK)) add(is_folder ? "search" : "execute");
    return text;
}

std::string letters(int right) {
    return std::string{right & R_OK ? "r" : ""} + (right & W_OK ? "w" : "") + (right & X_OK ? "x" : "");
}

std::string octal(mode_t mode) {
    std::string text{"0000"};
    for (int i = 3; i >= 0; --i, mode >>= 3) text[static_cast<std::size_t>(i)] = static_cast<char>('0' + (mode & 7));
    return text;
}

/// Which of user, group and others we are to a file, as its mode has it: a shift of the three bits.
int class_of(const struct stat& status) {
    if (status.st_uid == geteuid()) return 6;
    const auto ids = groups();
    return std::find(ids.begin(), ids.end(), status.st_gid) != ids.end() ? 3 : 0;
}

/// The command that gives the right, or why none does.
std::string remedy(const fs::path& path, const struct stat& status, int right) {
    const int shift = class_of(status);
    const auto bits = static_cast<mode_t>(right) << shift;
    if ((status.st_mode & bits) == bits)
        return "though its mode allows it: see `getfacl " + shell_word(path) + "`, SELinux, AppArmor, systemd's sandbox";
    const std::string target = letters(right) + " " + shell_word(path);
    if (shift == 6) return "`chmod u+" + target + "`";
    if (shift == 3) return "`chmod g+" + target + "`";
    // The way through a folder shows nobody what is in it.
    if (right == X_OK) return "`chmod o+" + target + "`";
    // What others make in such a folder shall be the group's as well.
    const bool is_shared = S_ISDIR(status.st_mode) && right & W_OK;
    return "`chgrp " + group_name(getegid()) + " " + shell_word(path) + " && chmod g+" + letters(right) +
           (is_shared ? "s " : " ") + shell_word(path) + "`";
}

std::string lacks(const fs::path& path, const struct stat& status, int right) {
    int missing = 0;
    for (const int one : {R_OK, W_OK, X_OK})
        if (right & one && !may(path, one)) missing |= one;
    return path.native() + ": " + user() + " may not " + right_in_words(missing, S_ISDIR(status.st_mode)) +
           " it, which is " + user_name(status.st_uid) + ":" + group_name(status.st_gid) + "'s and has mode " +
           octal(status.st_mode & 07777) + "; " + remedy(path, status, right);
}

std::string obstacle_at(const fs::path& path, int right, int links);

/// What is wrong with a path whose folders are all in order. `path` may be one of those folders itself.
std::string obstacle_here(const fs::path& path, int right, int links) {
    struct stat status;
    if (stat(path.c_str(), &status) != 0) {
        const int error = errno;
        if (lstat(path.c_str(), &status) == 0 && S_ISLNK(status.st_mode) && links < most_links) {
            std::error_code ignored;
            const fs::path target = path.parent_path() / fs::read_symlink(path, ignored);
            std::string why = obstacle_at(target, right, links + 1);
            if (!why.empty()) return path.native() + ": a symbolic link to " + target.native() + ": " + why;
        }
        return path.native() + ": " + cause(error);
    }
    if (right == F_OK || may(path, right)) return {};
    if (errno == EROFS)
        return path.native() + ": lies on a file system that is mounted read-only; "
               "`mount -o remount,rw \"$(findmnt -nT " +
               shell_word(path) + " -o TARGET)\"`";
    return lacks(path, status, right);
}

std::string obstacle_at(const fs::path& path, int right, int links) {
    fs::path way;
    for (auto part = path.begin(); part != path.end(); ++part) {
        way /= *part;
        if (std::next(part) == path.end()) break;
        struct stat status;
        if (stat(way.c_str(), &status) == 0 && !S_ISDIR(status.st_mode)) return way.native() + ": is not a folder";
        std::string why = obstacle_here(way, X_OK, links);
        if (!why.empty()) return why;
    }
    return obstacle_here(path, right, links);
}

}  // namespace

std::string user() {
    std::string text = "user " + user_name(geteuid()) + " (id " + std::to_string(geteuid()) + "; groups ";
    const auto ids = groups();
    for (const gid_t id : ids) text.append(id == ids.front() ? "" : ", ").append(group_name(id));
    return text + ")";
}

std::string obstacle(const std::filesystem::path& path, int right) { return obstacle_at(path, right, 0); }

}  // namespace reelgate::posix
