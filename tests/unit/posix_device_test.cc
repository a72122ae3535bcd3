// Owns the tests of the search for the device behind a path, with file systems mounted for them.
// Does not test that no storage is asked: tests/server/storage_test.py does, with one that does not answer.
// SPDX-License-Identifier: MIT
#include "posix/device.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <boost/test/unit_test.hpp>
#include <map>
#include <string>
#include <string_view>

#include "child_process.h"
#include "temporary_folder.h"

namespace reelgate::posix {
namespace {

namespace fs = std::filesystem;

/// A folder with two file systems below it, and symbolic links to them. Those named "slow" cannot be followed without
/// asking the storage that they lie on.
struct Storages {
    TemporaryFolder outer;
    fs::path folder = outer.make_folder("folder");

    void make() const {
        enter_own_mounts();
        mount_on(folder);
        for (const char* const name : {"nas", "usb", "series"}) outer.make_folder("folder/" + std::string{name});
        mount_on(folder / "nas");
        mount_on(folder / "usb");
        outer.make_folder("folder/nas/series");
        for (const char* const name : {"film", "nas/film", "nas/series/1", "usb/film"})
            outer.write("folder/" + std::string{name}, "film");
        make_link("nas/film", "link", true);
        make_link("nas/film", "slow_link", false);
        make_link("nas", "slow_folder", false);
        make_link("../nas/film", "series/slow_up", false);
        make_link(folder / "nas/film", "slow_absolute", false);
        make_link("../usb/film", "nas/slow_link", false);
        make_link("slow_folder/slow_link", "slow_chain", false);
        make_link("missing", "slow_dangling", false);
        make_link("slow_loop", "slow_loop", false);
        make_link("../outside", "slow_leaves", false);
    }

    void make_link(const fs::path& target, const std::string& name, bool can_follow_at_once) const {
        fs::create_symlink(target, folder / name);
        let_follow_at_once(folder / name, can_follow_at_once);
    }

    /// Names the devices on which the search stopped, one after another.
    std::string search(int from, const fs::path& path, std::uint64_t resolve) const {
        std::map<dev_t, std::string> names;
        for (const char* const name : {"nas", "usb", ".", "/"}) {
            struct stat status;
            if (stat((folder / name).c_str(), &status) == 0) names.emplace(status.st_dev, name);
        }
        DeviceSearch found{from, path, resolve};
        std::string text = names[found.device()];
        unsigned links = 0;
        while (found.follow_link() && ++links < 100) text += " " + names[found.device()];
        return links < 5 ? text : names[found.device()] + ", after " + std::to_string(links) + " links";
    }
};

struct PathRow {
    std::string_view name;
    std::string_view path;
    std::string_view expected;  ///< the devices, "." for the folder's own
};

constexpr PathRow paths[] = {
    {.name = "file_of_the_folder", .path = "film", .expected = "."},
    {.name = "the_folder_itself", .path = ".", .expected = "."},
    {.name = "no_name", .path = "", .expected = "."},
    {.name = "absent", .path = "missing", .expected = "."},
    {.name = "below_what_is_absent", .path = "missing/further/down", .expected = "."},
    {.name = "below_a_file", .path = "film/x", .expected = "."},
    {.name = "name_too_long", .path = "nas/"
        "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
        "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
        "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789",
     .expected = "nas"},
    {.name = "place_where_something_is_mounted", .path = "nas", .expected = "nas"},
    {.name = "file_there", .path = "nas/film", .expected = "nas"},
    {.name = "file_deeper_there", .path = "nas/series/1", .expected = "nas"},
    {.name = "absent_there", .path = "nas/series/missing", .expected = "nas"},
    {.name = "slashes_and_dots", .path = "series/.././/nas//film", .expected = "nas"},
    {.name = "other_file_system", .path = "usb/film", .expected = "usb"},
    {.name = "link_that_can_be_followed_at_once", .path = "link", .expected = "nas"},
    {.name = "link", .path = "slow_link", .expected = ". nas"},
    {.name = "folder_through_a_link", .path = "slow_folder/series/1", .expected = ". nas"},
    {.name = "link_upwards", .path = "series/slow_up", .expected = ". nas"},
    {.name = "link_on_the_other_file_system", .path = "nas/slow_link", .expected = "nas usb"},
    {.name = "link_through_links", .path = "slow_chain", .expected = ". . nas usb"},
    {.name = "dangling_link", .path = "slow_dangling", .expected = ". ."},
    {.name = "link_to_itself", .path = "slow_loop", .expected = "., after 40 links"},
    {.name = "link_that_leaves", .path = "slow_leaves", .expected = ". ."},
    {.name = "absolute_link", .path = "slow_absolute", .expected = ". ."},
    {.name = "dot_dot_that_leaves", .path = "../nas/film", .expected = "."},
};

BOOST_FIXTURE_TEST_SUITE(posix_device, Storages)

BOOST_AUTO_TEST_CASE(name_below_a_folder) {
    for (const PathRow& row : paths) {
        BOOST_TEST_CONTEXT(row.name) {
            const std::string text = in_child([&] {
                make();
                const UniqueFd fd{open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
                return search(fd.get(), row.path, RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS);
            });
            BOOST_TEST(text == row.expected);
        }
    }
}

BOOST_AUTO_TEST_CASE(path) {
    const std::string text = in_child([&] {
        make();
        fs::current_path(folder);
        return search(AT_FDCWD, folder / "nas/film", 0) + "; " + search(AT_FDCWD, folder / "slow_absolute", 0) + "; " +
               search(AT_FDCWD, "series/slow_up", 0) + "; " + search(AT_FDCWD, "/", 0);
    });
    BOOST_TEST(text == "nas; . nas; . nas; /");
}

BOOST_AUTO_TEST_CASE(kernel_that_does_not_search_so) {
    const std::string text = in_child([&] {
        make();
        const UniqueFd fd{open((folder / "usb").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
        refuse_system_call(SYS_openat2, EINVAL);
        return search(fd.get(), "../nas/film", 0);
    });
    BOOST_TEST(text == "usb");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::posix
