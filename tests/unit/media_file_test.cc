// Owns the tests of the door to stored media: what a name below the folder of videos gives, with real files.
// SPDX-License-Identifier: MIT
#include "media/media_file.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include <boost/test/unit_test.hpp>
#include <cstring>
#include <new>
#include <thread>

#include "child_process.h"
#include "failing_allocations.h"
#include "messages.h"
#include "position_coded.h"
#include "temporary_folder.h"

namespace reelgate::media {
namespace {

namespace fs = std::filesystem;

using Opened = std::variant<MediaFile, NoMediaFile>;

std::string describe(const Opened& opened) {
    if (const auto* file = std::get_if<MediaFile>(&opened)) return std::to_string(file->complete_length) + " bytes";
    const auto& none = std::get<NoMediaFile>(opened);
    switch (none.reason) {
        case NoMediaFile::Reason::absent: return "absent: " + none.why;
        case NoMediaFile::Reason::refused: return "refused: " + none.why;
        case NoMediaFile::Reason::unreadable: return "unreadable: " + none.why;
    }
    return "?";
}

std::string content_of(const Opened& opened) {
    const auto* file = std::get_if<MediaFile>(&opened);
    if (!file) return describe(opened);
    std::string content(file->complete_length, '\0');
    if (pread(file->fd->get(), content.data(), content.size(), 0) != static_cast<ssize_t>(content.size())) return "?";
    return content;
}

void make_socket(const fs::path& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    const posix::UniqueFd fd{socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        posix::throw_errno("bind", path.native());
}

/// A folder of videos, and beside it what must never be reached.
struct Videos {
    TemporaryFolder outer;
    fs::path folder = outer.make_folder("videos");

    Videos() {
        outer.write("secret.mp4", "secret");
        outer.write("videos/film.mp4", position_coded(100));
        outer.write("videos/empty.mp4", "");
        outer.make_folder("videos/folder.mp4");
        outer.make_folder("videos/series");
        outer.write("videos/series/1.mp4", position_coded(40));
        fs::create_symlink("film.mp4", folder / "link.mp4");
        fs::create_symlink("../film.mp4", folder / "series/up.mp4");
        fs::create_symlink("series", folder / "linked");
        fs::create_symlink("missing.mp4", folder / "dangling.mp4");
        fs::create_symlink("loop.mp4", folder / "loop.mp4");
        fs::create_symlink("../secret.mp4", folder / "leaves.mp4");
        fs::create_symlink(outer / "secret.mp4", folder / "absolute.mp4");
        fs::create_symlink(folder / "film.mp4", folder / "absolute_inside.mp4");
        fs::create_symlink("/dev/null", folder / "device.mp4");
        fs::create_symlink("..", folder / "parent");
        if (mkfifo((folder / "fifo.mp4").c_str(), 0666) != 0) posix::throw_errno("create", "fifo.mp4");
        make_socket(folder / "socket.mp4");
    }
};

struct NameRow {
    std::string_view name;
    std::string file;
    std::string_view expected;  ///< what the description begins with
};

const NameRow names[] = {
    {.name = "regular", .file = "film.mp4", .expected = "100 bytes"},
    {.name = "empty_file", .file = "empty.mp4", .expected = "0 bytes"},
    {.name = "folder_below", .file = "series/1.mp4", .expected = "40 bytes"},
    {.name = "symbolic_link_inside", .file = "link.mp4", .expected = "100 bytes"},
    {.name = "symbolic_link_upwards_but_inside", .file = "series/up.mp4", .expected = "100 bytes"},
    {.name = "folder_through_a_symbolic_link", .file = "linked/1.mp4", .expected = "40 bytes"},
    {.name = "dot_dot_that_stays_inside", .file = "series/../film.mp4", .expected = "100 bytes"},
    {.name = "absent", .file = "missing.mp4", .expected = "absent"},
    {.name = "no_name", .file = "", .expected = "absent"},
    {.name = "other_case", .file = "FILM.mp4", .expected = "absent"},
    {.name = "below_a_file", .file = "film.mp4/x", .expected = "absent"},
    {.name = "dangling_link", .file = "dangling.mp4", .expected = "absent"},
    {.name = "name_too_long", .file = std::string(300, 'x') + ".mp4", .expected = "absent"},
    {.name = "path_too_long", .file = std::string(5000, '/') + "x.mp4", .expected = "absent"},
    {.name = "folder_with_the_name_of_a_video", .file = "folder.mp4", .expected = "refused"},
    {.name = "the_folder_itself", .file = ".", .expected = "refused"},
    {.name = "link_to_itself", .file = "loop.mp4", .expected = "refused"},
    {.name = "fifo", .file = "fifo.mp4", .expected = "refused"},
    {.name = "socket", .file = "socket.mp4", .expected = "refused"},
    {.name = "link_that_leaves", .file = "leaves.mp4", .expected = "refused"},
    {.name = "absolute_link", .file = "absolute.mp4", .expected = "refused"},
    {.name = "absolute_link_that_leads_back", .file = "absolute_inside.mp4", .expected = "refused"},
    {.name = "link_to_a_device", .file = "device.mp4", .expected = "refused"},
    {.name = "through_a_link_that_leaves", .file = "parent/secret.mp4", .expected = "refused"},
    {.name = "dot_dot", .file = "../secret.mp4", .expected = "refused"},
    {.name = "dot_dot_that_leaves_and_comes_back", .file = "../videos/film.mp4", .expected = "refused"},
    {.name = "absolute_path", .file = "/dev/null", .expected = "refused"},
};

BOOST_FIXTURE_TEST_SUITE(media_file, Videos)

/// In a child, since a name that blocks would otherwise hold up all tests.
BOOST_AUTO_TEST_CASE(name_gives_a_regular_file_inside_or_none) {
    for (const NameRow& row : names) {
        BOOST_TEST_CONTEXT(row.name << ": " << row.file.substr(0, 40)) {
            const std::string text = in_child([&] { return describe(MediaFolder{folder}.open(row.file)); });
            BOOST_TEST(text.substr(0, row.expected.size()) == row.expected, text);
        }
    }
}

BOOST_AUTO_TEST_CASE(reason_names_object_and_cause) {
    BOOST_TEST(describe(MediaFolder{folder}.open("missing.mp4")) ==
               "absent: " + (folder / "missing.mp4").native() + ": No such file or directory");
    BOOST_TEST(describe(MediaFolder{folder}.open("folder.mp4")) ==
               "refused: " + (folder / "folder.mp4").native() + ": not a regular file");
    const std::string leaving = describe(MediaFolder{folder}.open("leaves.mp4"));
    BOOST_TEST(contains(leaving, (folder / "leaves.mp4").native() + ": leads out of the folder of videos"), leaving);
}

BOOST_AUTO_TEST_CASE(descriptor_reads_the_file) {
    BOOST_TEST(content_of(MediaFolder{folder}.open("film.mp4")) == position_coded(100));
    const Opened opened = MediaFolder{folder}.open("film.mp4");
    const int fd = std::get<MediaFile>(opened).fd->get();
    BOOST_TEST((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
    BOOST_TEST((fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDONLY);
}

BOOST_AUTO_TEST_CASE(last_modified_is_the_files_own_in_whole_seconds) {
    const timespec times[] = {{.tv_sec = 1, .tv_nsec = 0}, {.tv_sec = 784'111'777, .tv_nsec = 999'999'999}};
    BOOST_REQUIRE(utimensat(AT_FDCWD, (folder / "film.mp4").c_str(), times, 0) == 0);
    const Opened opened = MediaFolder{folder}.open("film.mp4");
    BOOST_TEST(std::get<MediaFile>(opened).last_modified.time_since_epoch().count() == 784'111'777);
}

BOOST_AUTO_TEST_CASE(version_is_the_one_that_was_opened) {
    const Opened opened = MediaFolder{folder}.open("film.mp4");
    const auto& file = std::get<MediaFile>(opened);
    const auto change = [&] {
        struct stat status;
        BOOST_REQUIRE(fstat(file.fd->get(), &status) == 0);
        return posix::compare(file.version, posix::version_of(status));
    };
    BOOST_CHECK(change() == posix::FileChange::unchanged);
    const timespec times[] = {{.tv_sec = 1, .tv_nsec = 0}, {.tv_sec = 784'111'777, .tv_nsec = 0}};
    BOOST_REQUIRE(utimensat(AT_FDCWD, (folder / "film.mp4").c_str(), times, 0) == 0);
    BOOST_CHECK(change() == posix::FileChange::changed);
    fs::resize_file(folder / "film.mp4", 101);
    BOOST_CHECK(change() == posix::FileChange::grown);
    BOOST_CHECK(posix::compare(std::get<MediaFile>(MediaFolder{folder}.open("film.mp4")).version, file.version) ==
                posix::FileChange::changed);
}

BOOST_AUTO_TEST_CASE(file_of_five_gib) {
    constexpr std::uint64_t complete_length = 5'368'709'120;
    fs::resize_file(folder / "film.mp4", complete_length);
    BOOST_TEST(describe(MediaFolder{folder}.open("film.mp4")) == "5368709120 bytes");
}

BOOST_AUTO_TEST_CASE(file_replaced_while_it_is_open) {
    const Opened opened = MediaFolder{folder}.open("film.mp4");
    outer.write("new", "another version");
    fs::rename(outer / "new", folder / "film.mp4");
    BOOST_TEST(content_of(opened) == position_coded(100));
    BOOST_TEST(content_of(MediaFolder{folder}.open("film.mp4")) == "another version");
}

BOOST_AUTO_TEST_CASE(folder_that_is_replaced) {
    MediaFolder videos{folder};
    const Opened opened = videos.open("film.mp4");
    fs::rename(folder, outer / "old");
    fs::create_directory(folder);
    outer.write("videos/film.mp4", "another volume");
    outer.write("videos/new.mp4", "new");
    // What is not in the old one is looked for in the new one before it counts as absent.
    BOOST_TEST(content_of(videos.open("new.mp4")) == "new");
    BOOST_TEST(content_of(videos.open("film.mp4")) == "another volume");
    BOOST_TEST(content_of(opened) == position_coded(100));
}

BOOST_AUTO_TEST_CASE(folder_that_is_replaced_by_one_with_the_same_names) {
    using Clock = std::chrono::steady_clock;
    MediaFolder videos{folder};
    const Opened opened = videos.open("film.mp4");
    fs::rename(folder, outer / "old");
    fs::create_directory(folder);
    outer.write("videos/film.mp4", "another volume");
    const auto latest = Clock::now() + std::chrono::seconds{5};
    while (content_of(videos.open("film.mp4")) != "another volume" && Clock::now() < latest) {
    }
    BOOST_TEST(content_of(videos.open("film.mp4")) == "another volume");
}

BOOST_AUTO_TEST_CASE(folder_that_has_gone) {
    MediaFolder videos{folder};
    const Opened opened = videos.open("film.mp4");
    fs::rename(folder, outer / "old");
    const std::string expected = "open folder of videos " + folder.native() + ": No such file or directory";
    BOOST_TEST(message_of<std::system_error>([&] { videos.open("missing.mp4"); }) == expected);
}

// A failed allocation costs the look that it hits

/// In a child, since a lock that is never given back would otherwise hold up all tests.
BOOST_AUTO_TEST_CASE(allocation_that_fails) {
    const std::string text = in_child([&] {
        MediaFolder videos{folder};
        std::string wrong, latest;
        const auto open_once = [&] {
            try {
                const Opened opened = videos.open("film.mp4");
                latest = std::holds_alternative<MediaFile>(opened) ? "opened" : "none";
            } catch (const std::bad_alloc&) {
                latest = "failed";
            }
        };
        const auto from_another_thread = [&](const std::string& which) {
            std::thread{[&] {
                if (const std::string found = content_of(MediaFolder{folder}.open("film.mp4"));
                    found != position_coded(100))
                    wrong += which + ": " + found + "\n";
            }}.join();
        };
        for (const unsigned count : {1u, 30u}) {
            for_each_failing_allocation(count, open_once, from_another_thread);
            if (latest != "opened") wrong += "at last: " + latest + "\n";
        }
        // The same, where a descriptor is shared already.
        const Opened held = videos.open("film.mp4");
        for_each_failing_allocation(1, open_once, from_another_thread);
        return wrong + "done";
    });
    BOOST_TEST(text == "done");
}

BOOST_AUTO_TEST_CASE(descriptor_is_shared_as_long_as_one_has_it) {
    MediaFolder videos{folder};
    const auto fd_of = [](const Opened& opened) { return std::get<MediaFile>(opened).fd; };
    const auto first = fd_of(videos.open("film.mp4"));
    BOOST_TEST(fd_of(videos.open("film.mp4")) == first);
    BOOST_TEST(fd_of(videos.open("link.mp4")) == first);
    BOOST_TEST(fd_of(videos.open("series/1.mp4")) != first);
    BOOST_TEST(fcntl(first->get(), F_GETFD) >= 0);
}

// Rights

struct RightsRow {
    std::string_view name;
    std::string object;  ///< below the folder of videos; loses all rights
    std::string file;
    std::string expected;  ///< FILE is that file, DIR the folder of videos
};

const RightsRow taken_away[] = {
    {.name = "of_the_file", .object = "film.mp4", .file = "film.mp4", .expected = "FILE: user "},
    {.name = "of_its_folder", .object = "series", .file = "series/1.mp4", .expected = "FILE: DIR/series: user "},
};

BOOST_AUTO_TEST_CASE(rights_are_missing) {
    for (const RightsRow& row : taken_away) {
        BOOST_TEST_CONTEXT(row.name) {
            fs::permissions(folder / row.object, fs::perms::none);
            const std::string text = as_ordinary_user([&] { return describe(MediaFolder{folder}.open(row.file)); });
            std::string expected = row.expected;
            for (const auto& [name, place] : {std::pair{"FILE", folder / row.file}, std::pair{"DIR", fs::path{folder}}})
                if (const auto at = expected.find(name); at != std::string::npos)
                    expected.replace(at, std::string_view{name}.size(), place.native());
            BOOST_TEST(contains(text, "unreadable: " + expected), text);
            BOOST_TEST(contains(text, "; `ch"), text);
        }
    }
}

// The folder itself: that is not the name's fault

BOOST_AUTO_TEST_CASE(folder_that_is_missing) {
    const fs::path missing = outer / "missing";
    const std::string expected = "open folder of videos " + missing.native() + ": No such file or directory";
    BOOST_TEST(message_of<std::system_error>([&] { MediaFolder{missing}.open("film.mp4"); }) == expected);
    BOOST_TEST(message_of<std::system_error>([&] { MediaFolder{missing}.check(); }) == expected);
}

BOOST_AUTO_TEST_CASE(folder_that_is_a_file) {
    const fs::path file = outer / "secret.mp4";
    const std::string expected = "open folder of videos " + file.native() + ": Not a directory";
    BOOST_TEST(message_of<std::system_error>([&] { MediaFolder{file}.open("film.mp4"); }) == expected);
    BOOST_TEST(message_of<std::system_error>([&] { MediaFolder{file}.check(); }) == expected);
}

BOOST_AUTO_TEST_CASE(folder_that_may_not_be_searched) {
    fs::permissions(folder, fs::perms::owner_read | fs::perms::group_read | fs::perms::others_read);
    const std::string text =
        as_ordinary_user([&] { return message_of<std::runtime_error>([&] { MediaFolder{folder}.check(); }); });
    BOOST_TEST(text.starts_with("open folder of videos: " + folder.native() + ": user "), text);
    BOOST_TEST(contains(text, " may not search it, "), text);
}

BOOST_AUTO_TEST_CASE(kernel_or_sandbox_without_openat2) {
    const auto expected = [](const fs::path& path) {
        return "threw: open " + path.native() + ": openat2: Function not implemented; it takes Linux 5.6, and a sandbox "
               "that allows it: systemd's RestrictSUIDSGID=yes, for one, does not";
    };
    const auto without_openat2 = [](auto&& function) {
        return in_child([&] {
            refuse_system_call(SYS_openat2, ENOSYS);
            return function();
        });
    };
    BOOST_TEST(without_openat2([&] { return describe(MediaFolder{folder}.open("film.mp4")); }) ==
               expected(folder / "film.mp4"));
    BOOST_TEST(without_openat2([&] {
        MediaFolder{folder}.check();
        return std::string{"nothing thrown"};
    }) == expected(folder));
}

BOOST_AUTO_TEST_CASE(folder_that_is_there) {
    BOOST_TEST(message_of<std::system_error>([&] { MediaFolder{folder}.check(); }) == "nothing thrown");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::media
