// Owns the tests of which file systems are found, and taken for ones that several machines share.
// Does not mount any.
// SPDX-License-Identifier: MIT
#include "posix/mounts.h"

#include <sys/sysmacros.h>

#include <boost/test/unit_test.hpp>
#include <sstream>

#include "temporary_folder.h"

namespace reelgate::posix {
namespace {

BOOST_AUTO_TEST_SUITE(posix_mounts)

// proc(5), mountinfo: as many optional fields as there are, then a dash

constexpr std::string_view mountinfo =
    "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
    "30 22 0:45 / /srv/films rw,relatime - nfs4 nas:/films rw,vers=4.2\n"
    "31 22 0:46 / /srv/more\\040films rw shared:7 master:2 - cifs //nas/more rw\n"
    "32 22 0:4 / /mnt/peer rw,nosuid shared:9 - fuse.sshfs peer:/ rw,user_id=0\n"
    "33 22 0:47 / /srv/first rw - ext4 /dev/sdb1 rw\n"
    "34 22 0:47 /films/one.mp4 /etc/one.mp4 rw - ext4 /dev/sdb1 rw\n"
    "35 22 0:48 /films /srv/early rw - ext4 /dev/sdc1 rw\n"
    "36 22 0:48 /video /srv/later\\011 rw - ext4 /dev/sdc1 rw\n";

struct MountRow {
    unsigned major_number;
    unsigned minor_number;
    std::string_view type;
};

constexpr MountRow mounts[] = {{8, 1, "ext4"}, {0, 45, "nfs4"}, {0, 46, "cifs"}, {0, 4, "fuse.sshfs"}, {9, 9, ""}};

BOOST_AUTO_TEST_CASE(type_of_a_device) {
    for (const MountRow& row : mounts) {
        BOOST_TEST_CONTEXT(row.type) {
            std::istringstream text{std::string{mountinfo}};
            BOOST_TEST(file_system_type(text, row.major_number, row.minor_number) == row.type);
        }
    }
}

struct MountPointRow {
    unsigned major_number;
    unsigned minor_number;
    std::string_view folder;
};

constexpr MountPointRow mount_points[] = {{8, 1, "/"}, {0, 45, "/srv/films"}, {0, 46, "/srv/more films"},
                                          {0, 47, "/srv/first"}, {0, 48, "/srv/later\t"}, {9, 9, ""}};

BOOST_AUTO_TEST_CASE(folder_of_a_device) {
    for (const MountPointRow& row : mount_points) {
        BOOST_TEST_CONTEXT(row.folder) {
            std::istringstream text{std::string{mountinfo}};
            BOOST_TEST(mount_point(text, row.major_number, row.minor_number) == row.folder);
        }
    }
}

BOOST_AUTO_TEST_CASE(device_that_is_not_mounted_is_named_by_its_number) {
    BOOST_TEST(mount_point_of(makedev(250, 251)) == "device 250:251");
}

BOOST_AUTO_TEST_CASE(shared_between_machines) {
    for (const char* const type : {"nfs", "nfs4", "cifs", "smb3", "9p", "ceph", "fuse.sshfs", "fuse.glusterfs"})
        BOOST_TEST(is_network_file_system(type), type);
    for (const char* const type : {"ext4", "xfs", "btrfs", "zfs", "tmpfs", "overlay", "fuseblk", "fuse.bindfs",
                                   "fuse.fuse-overlayfs", "fuse.mergerfs", "nfsd", ""})
        BOOST_TEST(!is_network_file_system(type), type);
}

BOOST_AUTO_TEST_CASE(local_path_has_none) {
    const TemporaryFolder folder;
    BOOST_TEST(network_file_system_of(folder.path()) == "");
    BOOST_TEST(network_file_system_of(folder / "missing/further/down") == "");
    BOOST_TEST(network_file_system_of("/proc/self/mountinfo") == "");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::posix
