// Owns the reason why a path cannot be used: the folder in the way, the missing permission, and the command that grants
// it.
// SPDX-License-Identifier: MIT
#include "posix/access.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "posix/account.h"
#include "posix/failure.h"
#include "posix/shell.h"

namespace reelgate::posix {

namespace {

namespace fs = std::filesystem;

/// Limit on symbolic links to follow: that of the kernel (path_resolution(7)).
constexpr int max_links = 40;

/// What may forbid access that all modes allow.
constexpr const char* other_fences = "SELinux, AppArmor, systemd's sandbox";

bool may(const fs::path& path, int right) { return faccessat(AT_FDCWD, path.c_str(), right, AT_EACCESS) == 0; }

/// Formats permissions as "read", "write" and, for folders, "search".
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

/// Returns which bits of a file's mode apply to us, those of user, group or others: as a shift of the three bits.
int class_of(const struct stat& status) {
    if (status.st_uid == geteuid()) return 6;
    const auto ids = groups();
    return std::find(ids.begin(), ids.end(), status.st_gid) != ids.end() ? 3 : 0;
}

/// Returns the command that grants the permission, or why none does.
std::string remedy(const fs::path& path, const struct stat& status, int right) {
    const int shift = class_of(status);
    const auto bits = static_cast<mode_t>(right) << shift;
    if ((status.st_mode & bits) == bits)
        return "though its mode allows it: see `getfacl " + shell_word(path) + "`, " + other_fences;
    const std::string target = letters(right) + " " + shell_word(path);
    if (shift == 6) return "`chmod u+" + target + "`";
    if (shift == 3) return "`chmod g+" + target + "`";
    // Searching a folder does not list it: others may have that.
    if (right == X_OK) return "`chmod o+" + target + "`";
    // Files that others create in such a folder must belong to the group as well.
    const bool is_shared = S_ISDIR(status.st_mode) && right & W_OK;
    return "`chgrp " + group_name(getegid()) + " " + shell_word(path) + " && chmod g+" + letters(right) +
           (is_shared ? "s " : " ") + shell_word(path) + "`";
}

Obstacle lacks(const fs::path& path, const struct stat& status, int right) {
    int missing = 0;
    for (const int one : {R_OK, W_OK, X_OK})
        if (right & one && !may(path, one)) missing |= one;
    const std::string owner = user_name(status.st_uid) + ":" + group_name(status.st_gid);
    const std::string why = user() + " may not " + right_in_words(missing, S_ISDIR(status.st_mode)) + " it, which is " +
                            owner + "'s and has mode " + octal(status.st_mode & 07777);
    return {path, why, remedy(path, status, right), EACCES, {}};
}

/// Returns the systemd unit that we run in; empty if it is unknown, or systemd did not start us.
std::string own_unit() {
    if (!std::getenv("INVOCATION_ID")) return {};
    constexpr std::string_view kind = ".service";
    std::ifstream file{"/proc/self/cgroup"};
    std::string line, unit;
    while (std::getline(file, line))
        if (line.ends_with(kind)) unit = line.substr(line.rfind('/') + 1);
    return unit;
}

/// Explains a read-only file system. In a unit its sandbox is the likely reason, and remounting does not help then.
Obstacle read_only(const fs::path& path) {
    const std::string why = "lies on a file system that is mounted read-only";
    const std::string unit = own_unit();
    if (unit.empty())
        return {path, why, "`mount -o remount,rw \"$(findmnt -nT " + shell_word(path) + " -o TARGET)\"`", EROFS, {}};
    const std::string whose = why + " for " + unit + ", by its ProtectSystem= most likely";
    if (path.native().find_first_of("\r\n") != std::string::npos)
        return {path, whose, "no ReadWritePaths= can name it: give it a name without a line break", EROFS, {}};
    const std::string folder = "/etc/systemd/system/" + unit + ".d";
    return {path, whose,
            "`mkdir -p " + shell_word(folder) + " && printf '[Service]\\nReadWritePaths=%s\\n' " +
                shell_word(unit_word(path)) + " >> " + shell_word(folder + "/paths.conf") +
                " && systemctl daemon-reload`, and restart it",
            EROFS, {}};
}

/// Explains a missing path. A unit may have temporary folders of its own, without the files that others see there.
Obstacle missing(const fs::path& path) {
    const bool is_temporary = path.native().starts_with("/tmp/") || path.native().starts_with("/var/tmp/");
    const std::string unit = is_temporary ? own_unit() : std::string{};
    if (unit.empty()) return {path, cause(ENOENT), {}, ENOENT, {}};
    return {path, cause(ENOENT) + " for " + unit + ", whose PrivateTmp= most likely hides what others have there",
            "keep it elsewhere", ENOENT, {}};
}

std::optional<Obstacle> obstacle_at(const fs::path& path, int right, int links);

/// Finds the obstacle at a path whose parent folders are all in order. `path` may be such a folder itself.
std::optional<Obstacle> obstacle_here(const fs::path& path, int right, int links) {
    struct stat status;
    const bool is_there = stat(path.c_str(), &status) == 0;
    if (is_there && (right == F_OK || may(path, right))) return std::nullopt;
    const int error = errno;
    // A link has the permissions of its target. A link to itself has none.
    std::error_code no_link;
    if (const fs::path link = fs::read_symlink(path, no_link); !no_link && error != ELOOP && links < max_links) {
        const fs::path target = path.parent_path() / link;
        if (auto found = obstacle_at(target, right, links + 1)) {
            found->links.insert(found->links.begin(), {path.native(), target.native()});
            return found;
        }
    }
    if (is_there && error == EACCES) return lacks(path, status, right);
    if (error == EACCES) return Obstacle{path, cause(error), std::string{"see "} + other_fences, error, {}};
    if (error == ENOENT) return missing(path);
    if (error != EROFS) return Obstacle{path, cause(error), {}, error, {}};
    return read_only(path);
}

std::optional<Obstacle> obstacle_at(const fs::path& path, int right, int links) {
    fs::path way;
    for (auto part = path.begin(); part != path.end(); ++part) {
        way /= *part;
        if (std::next(part) == path.end()) break;
        struct stat status;
        if (stat(way.c_str(), &status) == 0 && !S_ISDIR(status.st_mode))
            return Obstacle{way, "is not a folder", {}, ENOTDIR, {}};
        if (auto found = obstacle_here(way, X_OK, links)) return found;
    }
    return obstacle_here(path, right, links);
}

}  // namespace

Failure Obstacle::failure(std::string operation, std::string object) const {
    std::string text;
    const auto name = [&](const std::string& one) {
        if (!text.empty() || one != object) text.append(one).append(": ");
    };
    for (const Link& link : links) {
        name(link.path);
        text.append("a symbolic link to ").append(link.target).append(": ");
    }
    name(path);
    return {std::move(operation), std::move(object), text + why, remedy, error};
}

std::optional<Obstacle> find_obstacle(const std::filesystem::path& path, int right) {
    if (path.is_absolute()) return obstacle_at(path, right, 0);
    std::error_code error;
    const fs::path folder = fs::current_path(error);
    if (error) {
        auto found = obstacle_at(path, right, 0);
        if (found) found->why.append(", and the current folder has no path any more: ").append(error.message());
        return found;
    }
    // Folders above the current one do not matter to a process that is in it.
    if (may(".", X_OK) && obstacle_at(folder, X_OK, 0)) return obstacle_at(path, right, 0);
    return obstacle_at(path == "." ? folder : folder / path, right, 0);
}

}  // namespace reelgate::posix
