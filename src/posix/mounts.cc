// Owns finding the file system that a path is on, and whether several machines may share it.
// SPDX-License-Identifier: MIT
#include "posix/mounts.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>

namespace reelgate::posix {

namespace {

/// By name: the numbers of statfs(2) cannot tell one FUSE file system from another, and most of those are local.
constexpr std::array<std::string_view, 22> network_types{
    "nfs",        "nfs4",            "cifs",       "smb3",       "smbfs",       "9p",           "afs",          "ceph",
    "lustre",     "gpfs",            "ocfs2",      "gfs2",       "orangefs",    "glusterfs",    "fuse.sshfs",
    "fuse.ceph",  "fuse.glusterfs",  "fuse.s3fs",  "fuse.rclone", "fuse.juicefs", "fuse.davfs2", "fuse.curlftpfs"};

}  // namespace

namespace {

std::string number_of(unsigned major_number, unsigned minor_number) {
    return std::to_string(major_number) + ":" + std::to_string(minor_number);
}

/// Undoes proc(5)'s escapes of white space and backslashes: "\\040" is a space.
std::string unescaped(const std::string& field) {
    const auto is_octal = [](char c) { return c >= '0' && c <= '7'; };
    std::string text;
    for (std::size_t i = 0; i < field.size(); ++i) {
        if (field[i] == '\\' && i + 3 < field.size() && std::all_of(&field[i + 1], &field[i + 4], is_octal)) {
            text.push_back(static_cast<char>(std::stoi(field.substr(i + 1, 3), nullptr, 8)));
            i += 3;
        } else {
            text.push_back(field[i]);
        }
    }
    return text;
}

}  // namespace

std::string mount_point(std::istream& mountinfo, unsigned major_number, unsigned minor_number) {
    const std::string device = number_of(major_number, minor_number);
    std::string folder, best_root;
    for (std::string line; std::getline(mountinfo, line);) {
        std::istringstream fields{line};
        std::string id, parent, number, root, point;
        fields >> id >> parent >> number >> root >> point;
        if (number != device || (!best_root.empty() && root.size() > best_root.size())) continue;
        folder = unescaped(point);
        best_root = root;
    }
    return folder;
}

std::string mount_point_of(dev_t device) {
    std::ifstream mountinfo{"/proc/self/mountinfo"};
    const std::string folder = mount_point(mountinfo, major(device), minor(device));
    return folder.empty() ? "device " + number_of(major(device), minor(device)) : folder;
}

std::string file_system_type(std::istream& mountinfo, unsigned major_number, unsigned minor_number) {
    const std::string device = number_of(major_number, minor_number);
    // "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw", with any number of optional fields before the
    // dash. Spaces within a field are written as \040.
    for (std::string line; std::getline(mountinfo, line);) {
        std::istringstream fields{line};
        std::string id, parent, number, field;
        fields >> id >> parent >> number;
        if (number != device) continue;
        while (fields >> field && field != "-") continue;
        fields >> field;
        return field;
    }
    return {};
}

bool is_network_file_system(std::string_view type) {
    return std::find(network_types.begin(), network_types.end(), type) != network_types.end();
}

std::string network_file_system_of(const std::filesystem::path& path) {
    struct stat status;
    std::error_code ignored;
    std::filesystem::path place = std::filesystem::absolute(path, ignored);
    while (stat(place.c_str(), &status) != 0) {
        if (!place.has_relative_path()) return {};
        place = place.parent_path();
    }
    std::ifstream mountinfo{"/proc/self/mountinfo"};
    std::string type = file_system_type(mountinfo, major(status.st_dev), minor(status.st_dev));
    return is_network_file_system(type) ? type : std::string{};
}

}  // namespace reelgate::posix
