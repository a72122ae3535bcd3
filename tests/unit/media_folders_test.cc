// Owns the tests of the door to stored media: what a name below the folder of videos gives, with real files.
// SPDX-License-Identifier: MIT
#include "media/media_folders.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>
#include <cstring>
#include <fstream>
#include <functional>
#include <map>
#include <new>
#include <optional>
#include <thread>
#include <vector>

#include "child_process.h"
#include "fail_test.h"
#include "failing_allocations.h"
#include "file_clock.h"
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
        case NoMediaFile::Reason::absent: return "absent: " + text_of(none.failure);
        case NoMediaFile::Reason::refused: return "refused: " + text_of(none.failure);
        case NoMediaFile::Reason::outside: return "outside: " + text_of(none.failure);
        case NoMediaFile::Reason::unreadable: return "unreadable: " + text_of(none.failure);
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
        fail_test("bind", path.native());
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
        if (mkfifo((folder / "fifo.mp4").c_str(), 0666) != 0) fail_test("create", "fifo.mp4");
        make_socket(folder / "socket.mp4");
    }
};

/// Counts the descriptors whose closing may ask a storage.
unsigned open_descriptors() {
    unsigned count = 0;
    for (int fd = 0; fd < 256; ++fd) {
        const int flags = fcntl(fd, F_GETFL);
        count += flags >= 0 && (flags & O_PATH) == 0;
    }
    return count;
}

/// Records which devices are entered; refuses one, if told. Allocates nothing.
class RecordingGate final : public StorageGate {
public:
    bool enter(dev_t device) override {
        is_in_order_ = is_in_order_ && !is_inside_ && count_ < devices_.size();
        devices_[count_++ % devices_.size()] = device;
        is_inside_ = device != refused;
        if (is_inside_ && on_enter) on_enter();
        return is_inside_;
    }
    void leave() noexcept override {
        is_in_order_ = is_in_order_ && is_inside_;
        is_inside_ = false;
        open_at_leave = open_descriptors();
    }

    void clear() { count_ = 0; }
    unsigned count() const { return count_; }

    /// Tells whether each that was allowed has been left before the next, and the last one too.
    bool is_in_order() const { return is_in_order_ && !is_inside_; }

    /// The devices in their order, by name.
    std::string text(const std::map<dev_t, std::string>& names) const {
        std::string text;
        for (unsigned i = 0; i < count_; ++i)
            text.append(text.empty() ? "" : " ").append(names.contains(devices_[i]) ? names.at(devices_[i]) : "?");
        return text + (is_in_order() ? "" : ", not in order");
    }

    std::optional<dev_t> refused;
    std::function<void()> on_enter;
    unsigned open_at_leave = 0;  ///< descriptors, when the last device was left

private:
    std::array<dev_t, 32> devices_{};
    unsigned count_ = 0;
    bool is_inside_ = false;
    bool is_in_order_ = true;
};

dev_t device_of(const fs::path& path) {
    struct stat status;
    if (stat(path.c_str(), &status) != 0) fail_test("stat", path.native());
    return status.st_dev;
}

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
    {.name = "link_that_leaves", .file = "leaves.mp4", .expected = "outside"},
    {.name = "absolute_link", .file = "absolute.mp4", .expected = "outside"},
    {.name = "absolute_link_that_leads_back", .file = "absolute_inside.mp4", .expected = "100 bytes"},
    {.name = "link_to_a_device", .file = "device.mp4", .expected = "outside"},
    {.name = "through_a_link_that_leaves", .file = "parent/secret.mp4", .expected = "outside"},
    {.name = "dot_dot", .file = "../secret.mp4", .expected = "outside"},
    {.name = "dot_dot_that_leaves_and_comes_back", .file = "../videos/film.mp4", .expected = "100 bytes"},
    {.name = "absolute_path", .file = "/dev/null", .expected = "outside"},
};

BOOST_FIXTURE_TEST_SUITE(media_folders, Videos)

/// In a child, since a name that blocks would otherwise hold up all tests.
BOOST_AUTO_TEST_CASE(name_gives_a_regular_file_inside_or_none) {
    for (const NameRow& row : names) {
        BOOST_TEST_CONTEXT(row.name << ": " << row.file.substr(0, 40)) {
            const std::string text = in_child([&] { return describe(MediaFolders{{folder}}.open(row.file)); });
            BOOST_TEST(text.substr(0, row.expected.size()) == row.expected, text);
        }
    }
}

BOOST_AUTO_TEST_CASE(reason_names_object_and_cause) {
    BOOST_TEST(describe(MediaFolders{{folder}}.open("missing.mp4")) ==
               "absent: " + (folder / "missing.mp4").native() + ": No such file or directory");
    BOOST_TEST(describe(MediaFolders{{folder}}.open("folder.mp4")) ==
               "refused: " + (folder / "folder.mp4").native() + ": not a regular file");
    const std::string leaving = describe(MediaFolders{{folder}}.open("leaves.mp4"));
    BOOST_TEST(contains(leaving, (folder / "leaves.mp4").native() + ": leads out of the folders of videos"), leaving);
}

BOOST_AUTO_TEST_CASE(descriptor_reads_the_file) {
    BOOST_TEST(content_of(MediaFolders{{folder}}.open("film.mp4")) == position_coded(100));
    const Opened opened = MediaFolders{{folder}}.open("film.mp4");
    const int fd = std::get<MediaFile>(opened).fd->get();
    BOOST_TEST((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
    BOOST_TEST((fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDONLY);
}

BOOST_AUTO_TEST_CASE(last_modified_is_the_files_own_in_whole_seconds) {
    const timespec times[] = {{.tv_sec = 1, .tv_nsec = 0}, {.tv_sec = 784'111'777, .tv_nsec = 999'999'999}};
    BOOST_REQUIRE(utimensat(AT_FDCWD, (folder / "film.mp4").c_str(), times, 0) == 0);
    const Opened opened = MediaFolders{{folder}}.open("film.mp4");
    BOOST_TEST(std::get<MediaFile>(opened).last_modified.time_since_epoch().count() == 784'111'777);
}

BOOST_AUTO_TEST_CASE(version_is_the_one_that_was_opened) {
    const Opened opened = MediaFolders{{folder}}.open("film.mp4");
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
    BOOST_CHECK(posix::compare(std::get<MediaFile>(MediaFolders{{folder}}.open("film.mp4")).version, file.version) ==
                posix::FileChange::changed);
}

BOOST_AUTO_TEST_CASE(file_of_five_gib) {
    constexpr std::uint64_t complete_length = 5'368'709'120;
    fs::resize_file(folder / "film.mp4", complete_length);
    BOOST_TEST(describe(MediaFolders{{folder}}.open("film.mp4")) == "5368709120 bytes");
}

BOOST_AUTO_TEST_CASE(file_replaced_while_it_is_open) {
    const Opened opened = MediaFolders{{folder}}.open("film.mp4");
    outer.write("new", "another version");
    fs::rename(outer / "new", folder / "film.mp4");
    BOOST_TEST(content_of(opened) == position_coded(100));
    BOOST_TEST(content_of(MediaFolders{{folder}}.open("film.mp4")) == "another version");
}

BOOST_AUTO_TEST_CASE(folder_that_is_replaced) {
    MediaFolders videos{{folder}};
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
    MediaFolders videos{{folder}};
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
    MediaFolders videos{{folder}};
    const Opened opened = videos.open("film.mp4");
    fs::rename(folder, outer / "old");
    const std::string expected = "open folder of videos " + folder.native() + ": No such file or directory";
    BOOST_TEST(message_of<posix::FailureError>([&] { videos.open("missing.mp4"); }) == expected);
}

// A failed allocation costs the look that it hits

/// In a child, since a lock that is never given back would otherwise hold up all tests.
BOOST_AUTO_TEST_CASE(allocation_that_fails) {
    const std::string text = in_child([&] {
        MediaFolders videos{{folder}};
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
                if (const std::string found = content_of(MediaFolders{{folder}}.open("film.mp4"));
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
    MediaFolders videos{{folder}};
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
            const std::string text = as_ordinary_user([&] { return describe(MediaFolders{{folder}}.open(row.file)); });
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
    BOOST_TEST(message_of<posix::FailureError>([&] { MediaFolders{{missing}}.open("film.mp4"); }) == expected);
    BOOST_TEST(message_of<posix::FailureError>([&] { MediaFolders{{missing}}.check(); }) == expected);
}

BOOST_AUTO_TEST_CASE(folder_that_is_a_file) {
    const fs::path file = outer / "secret.mp4";
    const std::string expected = "open folder of videos " + file.native() + ": Not a directory";
    BOOST_TEST(message_of<posix::FailureError>([&] { MediaFolders{{file}}.open("film.mp4"); }) == expected);
    BOOST_TEST(message_of<posix::FailureError>([&] { MediaFolders{{file}}.check(); }) == expected);
}

BOOST_AUTO_TEST_CASE(folder_that_may_not_be_searched) {
    fs::permissions(folder, fs::perms::owner_read | fs::perms::group_read | fs::perms::others_read);
    const std::string text =
        as_ordinary_user([&] { return message_of<posix::FailureError>([&] { MediaFolders{{folder}}.check(); }); });
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
    BOOST_TEST(without_openat2([&] { return describe(MediaFolders{{folder}}.open("film.mp4")); }) ==
               expected(folder / "film.mp4"));
    BOOST_TEST(without_openat2([&] {
        MediaFolders{{folder}}.check();
        return std::string{"nothing thrown"};
    }) == expected(folder));
}

BOOST_AUTO_TEST_CASE(folder_that_is_there) {
    BOOST_TEST(message_of<posix::FailureError>([&] { MediaFolders{{folder}}.check(); }) == "nothing thrown");
}

BOOST_AUTO_TEST_SUITE_END()

// Storage that might not answer: each device is touched only where the gate allows it

/// Two folders of videos, a third one that is none of them, and links from one to another.
struct SeveralFolders {
    TemporaryFolder outer;
    fs::path one = outer.make_folder("one"), two = outer.make_folder("two"), third = outer.make_folder("third");

    SeveralFolders() {
        outer.write("one/a.mp4", position_coded(1));
        outer.write("two/b.mp4", position_coded(2));
        outer.write("one/both.mp4", position_coded(3));
        outer.write("two/both.mp4", position_coded(4));
        outer.make_folder("two/series");
        outer.write("two/series/1.mp4", position_coded(5));
        outer.write("third/secret.mp4", "secret");
        outer.make_folder("two-more");
        outer.write("two-more/near.mp4", "near");
        fs::create_symlink(two / "b.mp4", one / "absolute.mp4");
        fs::create_symlink("../two/b.mp4", one / "relative.mp4");
        fs::create_symlink("../two/series", one / "series");
        fs::create_symlink(third / "secret.mp4", one / "third.mp4");
        fs::create_symlink(one / "third.mp4", two / "twice.mp4");
        fs::create_symlink(outer / "two-more/near.mp4", one / "near.mp4");
        fs::create_symlink(two / "gone.mp4", one / "dangling.mp4");
        fs::create_symlink(two, outer / "way");
    }

    /// Says what a name gives, in which folder, and under which name there.
    std::string open(const std::string& name) const {
        const Opened opened = MediaFolders{{one, two}}.open(name);
        std::string text = describe(opened);
        if (const auto* const file = std::get_if<MediaFile>(&opened))
            text += " in " + std::to_string(file->folder) + (file->name ? ", " + *file->name : "");
        return text;
    }
};

const NameRow names_in_several[] = {
    {.name = "first_folder", .file = "a.mp4", .expected = "1 bytes in 0"},
    {.name = "second_folder", .file = "b.mp4", .expected = "2 bytes in 1"},
    {.name = "the_first_that_has_it", .file = "both.mp4", .expected = "3 bytes in 0"},
    {.name = "none", .file = "c.mp4", .expected = "absent"},
    {.name = "absolute_link_to_the_other", .file = "absolute.mp4", .expected = "2 bytes in 1, b.mp4"},
    {.name = "relative_link_to_the_other", .file = "relative.mp4", .expected = "2 bytes in 1, b.mp4"},
    {.name = "through_a_linked_folder", .file = "series/1.mp4", .expected = "5 bytes in 1, series/1.mp4"},
    {.name = "link_to_a_third_folder", .file = "third.mp4", .expected = "outside"},
    {.name = "link_to_a_link_to_a_third_folder", .file = "twice.mp4", .expected = "outside"},
    {.name = "link_to_a_folder_whose_name_begins_alike", .file = "near.mp4", .expected = "outside"},
    {.name = "link_to_nothing", .file = "dangling.mp4", .expected = "absent"},
    {.name = "absolute_name", .file = "OUTER/two/b.mp4", .expected = "2 bytes in 1, b.mp4"},
    {.name = "absolute_name_of_a_link", .file = "OUTER/one/absolute.mp4", .expected = "2 bytes in 1, b.mp4"},
    {.name = "absolute_name_by_another_way", .file = "OUTER/way/b.mp4", .expected = "2 bytes in 1, b.mp4"},
    {.name = "absolute_name_that_is_not_there", .file = "OUTER/two/c.mp4", .expected = "absent"},
    {.name = "absolute_name_of_the_folder", .file = "OUTER/two", .expected = "outside"},
    {.name = "absolute_name_that_leaves", .file = "OUTER/two/../third/secret.mp4", .expected = "outside"},
    {.name = "absolute_name_elsewhere", .file = "OUTER/third/secret.mp4", .expected = "outside"},
    {.name = "name_that_leaves_for_the_other", .file = "../two/b.mp4", .expected = "2 bytes in 1, b.mp4"},
};

BOOST_FIXTURE_TEST_SUITE(media_folders_several, SeveralFolders)

BOOST_AUTO_TEST_CASE(name_is_looked_for_below_each) {
    for (const NameRow& row : names_in_several) {
        BOOST_TEST_CONTEXT(row.name) {
            std::string file = row.file;
            if (file.starts_with("OUTER")) file.replace(0, 5, outer.path().native());
            const std::string text = open(file);
            BOOST_TEST(text.substr(0, row.expected.size()) == row.expected, text);
        }
    }
}

BOOST_AUTO_TEST_CASE(folder_that_is_gone_is_passed_over) {
    fs::remove_all(one);
    BOOST_TEST(open("b.mp4") == "2 bytes in 1");
    BOOST_TEST(contains(message_of<posix::FailureError>([&] { open("a.mp4"); }), one.native()));
}

BOOST_AUTO_TEST_CASE(folder_whose_storage_must_not_be_touched_is_passed_over) {
    const std::string text = in_child([&] {
        enter_own_mounts();
        mount_on(one);
        RecordingGate gate;
        MediaFolders videos{{one, two}};
        gate.refused = device_of(one);
        std::string found = describe(videos.open("b.mp4", &gate));
        try {
            videos.open("c.mp4", &gate);
        } catch (const StorageBusy& busy) {
            found += busy.device == gate.refused ? ", busy" : ", another is busy";
        }
        return found;
    });
    BOOST_TEST(text == "2 bytes, busy");
}

BOOST_AUTO_TEST_CASE(link_that_leads_elsewhere_meanwhile) {
    MediaFolders videos{{one, two}};
    BOOST_TEST(describe(videos.open("absolute.mp4")) == "2 bytes");
    fs::remove(one / "absolute.mp4");
    fs::create_symlink(third / "secret.mp4", one / "absolute.mp4");
    BOOST_TEST(contains(describe(videos.open("absolute.mp4")), "outside"));
}

BOOST_AUTO_TEST_SUITE_END()

/// The folder of videos and two others below it, each with a file system of its own.
struct Storages {
    TemporaryFolder outer;
    fs::path folder = outer.make_folder("videos");
    RecordingGate gate;
    std::map<dev_t, std::string> names;

    void make() {
        enter_own_mounts();
        mount_on(folder);
        for (const char* const name : {"nas", "usb"}) {
            outer.make_folder("videos/" + std::string{name});
            mount_on(folder / name);
            names[device_of(folder / name)] = name;
        }
        names[device_of(folder)] = "videos";
        names[device_of(outer.path())] = "outer";
        outer.write("videos/film.mp4", position_coded(100));
        outer.write("videos/nas/film.mp4", position_coded(200));
        outer.write("videos/usb/film.mp4", position_coded(300));
        outer.write("secret.mp4", "secret");
        make_link("film.mp4", "link.mp4", true);
        make_link("nas/film.mp4", "to_nas.mp4", true);
        make_link("../usb/film.mp4", "nas/slow_to_usb.mp4", false);
        make_link("../secret.mp4", "leaves.mp4", true);
        make_link(folder / "nas/film.mp4", "absolute.mp4", true);
    }

    void make_link(const fs::path& target, const std::string& name, bool can_follow_at_once) const {
        fs::create_symlink(target, folder / name);
        let_follow_at_once(folder / name, can_follow_at_once);
    }

    /// Says what has been entered for it, and what it gave.
    std::string open(MediaFolders& videos, const std::string& name) {
        gate.clear();
        std::string given;
        try {
            given = describe(videos.open(name, &gate));
        } catch (const StorageBusy& busy) {
            given = "busy";
        } catch (const std::exception& failure) {
            given = failure.what();
        }
        return gate.text(names) + ": " + given;
    }
};

struct GateRow {
    std::string_view name;
    std::string file;
    std::string_view entered;
    std::string_view expected;  ///< what the description begins with
};

const GateRow gated[] = {
    {.name = "film_of_the_folder", .file = "film.mp4", .entered = "videos", .expected = "100 bytes"},
    {.name = "link_to_it", .file = "link.mp4", .entered = "videos", .expected = "100 bytes"},
    {.name = "film_elsewhere", .file = "nas/film.mp4", .entered = "videos nas", .expected = "200 bytes"},
    {.name = "link_elsewhere", .file = "to_nas.mp4", .entered = "videos nas", .expected = "200 bytes"},
    {.name = "link_there_that_has_to_be_read", .file = "nas/slow_to_usb.mp4", .entered = "videos nas usb",
     .expected = "300 bytes"},
    {.name = "no_regular_file", .file = "nas", .entered = "videos nas", .expected = "refused"},
    // Where it leads is looked at from the root: what is outside is entered, and not opened.
    {.name = "link_that_leaves", .file = "leaves.mp4", .entered = "videos videos videos outer",
     .expected = "outside: FILE: leads out of the folders of videos (a symbolic link or ..), to OUTER/secret.mp4; name "
                 "that folder as well (--videos), or put the file itself there, or a hard link"},
    {.name = "absolute_link", .file = "absolute.mp4", .entered = "videos videos videos nas videos nas",
     .expected = "200 bytes"},
    {.name = "dot_dot", .file = "../secret.mp4", .entered = "videos videos outer",
     .expected = "outside: FILE: leads"},
    // The folder is looked at once more.
    {.name = "absent", .file = "none.mp4", .entered = "videos videos videos", .expected = "absent: FILE: No such file"},
    {.name = "absent_elsewhere", .file = "nas/none.mp4", .entered = "videos nas videos videos nas",
     .expected = "absent: FILE: No such file"},
};

BOOST_FIXTURE_TEST_SUITE(media_folders_storages, Storages)

BOOST_AUTO_TEST_CASE(devices_that_are_entered) {
    for (const GateRow& row : gated) {
        BOOST_TEST_CONTEXT(row.name) {
            const std::string text = in_child([&] {
                make();
                MediaFolders videos{{folder}};
                const std::string first = open(videos, "film.mp4");
                return first + "; " + open(videos, row.file);
            });
            std::string expected = "videos videos: 100 bytes; " + std::string{row.entered} + ": ";
            expected += row.expected;
            if (const auto at = expected.find("FILE"); at != std::string::npos)
                expected.replace(at, 4, (folder / row.file).native());
            if (const auto at = expected.find("OUTER"); at != std::string::npos)
                expected.replace(at, 5, outer.path().native());
            BOOST_TEST(text.substr(0, expected.size()) == expected, text);
        }
    }
}

BOOST_AUTO_TEST_CASE(device_of_a_film) {
    const std::string text = in_child([&] {
        make();
        MediaFolders videos{{folder}};
        std::string found;
        for (const char* const name : {"film.mp4", "nas/film.mp4", "nas/slow_to_usb.mp4"})
            found += names[std::get<MediaFile>(videos.open(name, &gate)).device] + " ";
        return found;
    });
    BOOST_TEST(text == "videos nas usb ");
}

BOOST_AUTO_TEST_CASE(folder_behind_links) {
    const std::string text = in_child([&] {
        make();
        fs::create_symlink("videos/to_nas", outer / "way");
        let_follow_at_once(outer / "way", false);
        make_link("nas", "to_nas", false);
        MediaFolders videos{{outer / "way"}};
        return open(videos, "film.mp4");
    });
    BOOST_TEST(text == "outer videos nas nas: 200 bytes");
}

BOOST_AUTO_TEST_CASE(device_that_is_refused) {
    const std::string text = in_child([&] {
        make();
        MediaFolders videos{{folder}};
        std::string lines;
        const auto try_with = [&](const fs::path& refused, const std::string& name) {
            gate.refused = device_of(refused);
            lines += open(videos, name) + "\n";
        };
        try_with(folder, "film.mp4");
        try_with(folder / "nas", "film.mp4");
        try_with(folder, "film.mp4");
        try_with(folder, "none.mp4");
        try_with(folder / "nas", "nas/film.mp4");
        try_with(folder / "nas", "to_nas.mp4");
        try_with(folder / "nas", "usb/film.mp4");
        try_with(folder / "usb", "nas/slow_to_usb.mp4");
        // Nothing is opened that is refused.
        refuse_system_call(SYS_openat2, EIO);
        fs::current_path(folder);  // where a search begins that gets nowhere
        try_with(folder, "film.mp4");
        return lines;
    });
    BOOST_TEST(text == "videos: busy\n"
                       "videos videos: 100 bytes\n"
                       "videos: busy\n"
                       "videos: busy\n"
                       "videos nas: busy\n"
                       "videos nas: busy\n"
                       "videos usb: 300 bytes\n"
                       "videos nas usb: busy\n"
                       "videos: busy\n");
}

BOOST_AUTO_TEST_CASE(folder_that_is_refused_for_ever_and_mounted_over) {
    const std::string text = in_child([&] {
        make();
        MediaFolders videos{{folder}};
        open(videos, "film.mp4");
        gate.refused = device_of(folder);
        mount_on(folder);
        names[device_of(folder)] = "new";
        outer.write("videos/film.mp4", "another volume");
        return open(videos, "film.mp4");
    });
    BOOST_TEST(text == "videos videos new new: 14 bytes");
}

/// What is closed may block as well.
BOOST_AUTO_TEST_CASE(what_is_not_wanted_is_closed_before_its_device_is_left) {
    const std::string text = in_child([&] {
        make();
        MediaFolders videos{{folder}};
        std::string lines;
        const Opened held = videos.open("nas/film.mp4");
        const unsigned before = open_descriptors();
        for (const char* const name : {"nas", "nas/film.mp4", "nas/none.mp4"}) {
            open(videos, name);
            lines.append(name).append(gate.open_at_leave == before ? ": closed\n" : ": open\n");
        }
        return lines;
    });
    BOOST_TEST(text == "nas: closed\nnas/film.mp4: closed\nnas/none.mp4: closed\n");
}

BOOST_AUTO_TEST_CASE(allocation_that_fails_on_a_device) {
    const std::string text = in_child([&] {
        make();
        MediaFolders videos{{folder}};
        videos.open("film.mp4");
        const unsigned before = open_descriptors();
        std::string wrong;
        bool has_failed = false;
        for_each_failing_allocation(
            1,
            [&] {
                has_failed = false;
                gate.clear();
                try {
                    videos.open("nas/slow_to_usb.mp4", &gate);
                } catch (const std::bad_alloc&) {
                    has_failed = true;
                }
            },
            [&](const std::string& which) {
                if (!gate.is_in_order() || (has_failed && gate.count() > 0 && gate.open_at_leave > before))
                    wrong += which + ": " + gate.text(names) + ", " + std::to_string(gate.open_at_leave - before) + "\n";
            });
        return wrong + (has_failed ? "failed" : "done");
    });
    BOOST_TEST(text == "done");
}

struct LostRow {
    std::string_view name;
    int error;
    bool is_tried_again;
    bool has_lost_all = false;  ///< the mount is named, and not the film
};

constexpr LostRow lost_storage[] = {
    {.name = "replaced_on_the_server", .error = ESTALE, .is_tried_again = true},
    {.name = "file_system_whose_program_has_ended", .error = ENOTCONN, .is_tried_again = true, .has_lost_all = true},
    {.name = "file_system_that_was_aborted", .error = ECONNABORTED, .is_tried_again = true, .has_lost_all = true},
    {.name = "disk", .error = EIO, .is_tried_again = true},
    {.name = "server_does_not_answer", .error = ETIMEDOUT, .is_tried_again = true},
    {.name = "no_memory_in_the_kernel", .error = ENOMEM, .is_tried_again = false},
    {.name = "no_descriptors_left", .error = EMFILE, .is_tried_again = false},
};

BOOST_AUTO_TEST_CASE(storage_that_has_lost_the_film) {
    for (const LostRow& row : lost_storage) {
        BOOST_TEST_CONTEXT(row.name) {
            const std::string text = in_child([&] {
                make();
                fs::current_path(folder);  // where a search begins that gets nowhere
                MediaFolders videos{{folder}};
                videos.open("film.mp4");
                refuse_system_call(SYS_openat2, static_cast<unsigned>(row.error));
                return open(videos, "film.mp4");
            });
            const std::string what =
                row.has_lost_all ? "storage: " + folder.native() : "open " + (folder / "film.mp4").native();
            BOOST_TEST(text == std::string{row.is_tried_again ? "videos videos videos" : "videos"} + ": " + what + ": " +
                                   posix::cause(row.error) +
                                   (row.has_lost_all ? "; unmount it, and mount it again" : ""));
        }
    }
}

// A file that was opened a moment ago is given out again, if nothing tells that its name stands for another one

struct KeptRow {
    std::string_view name;
    void (*change)(const fs::path& folder);
    std::string_view expected;  ///< bytes of the file that the name gives then
    bool is_opened_anew = true;
};

void replace_by_rename(const fs::path& path, const std::string& content) {
    std::ofstream{path.native() + ".new"} << content;
    fs::rename(path.native() + ".new", path);
}

const KeptRow kept[] = {
    {.name = "nothing", .change = [](const fs::path&) {}, .expected = "100 bytes", .is_opened_anew = false},
    {.name = "replaced_by_a_rename", .change = [](const fs::path& folder) { replace_by_rename(folder / "film.mp4", "new"); },
     .expected = "3 bytes"},
    {.name = "removed", .change = [](const fs::path& folder) { fs::remove(folder / "film.mp4"); },
     .expected = "absent"},
    {.name = "moved_away", .change = [](const fs::path& folder) { fs::rename(folder / "film.mp4", folder / "old.mp4"); },
     .expected = "absent"},
    {.name = "grown", .change = [](const fs::path& folder) { fs::resize_file(folder / "film.mp4", 101); },
     .expected = "101 bytes"},
    {.name = "cut", .change = [](const fs::path& folder) { fs::resize_file(folder / "film.mp4", 1); },
     .expected = "1 bytes"},
    {.name = "no_permission_any_more", .change = [](const fs::path& folder) { chmod((folder / "film.mp4").c_str(), 0); },
     .expected = "100 bytes"},  // root reads it all the same, but is asked
    {.name = "another_has_its_other_name",
     .change = [](const fs::path& folder) {
         fs::create_hard_link(folder / "film.mp4", folder / "other.mp4");
         replace_by_rename(folder / "film.mp4", "new");
     },
     .expected = "3 bytes"},
};

BOOST_AUTO_TEST_CASE(file_that_was_opened_a_moment_ago) {
    for (const KeptRow& row : kept) {
        BOOST_TEST_CONTEXT(row.name) {
            const std::string text = in_child([&] {
                make();
                MediaFolders videos{{folder}};
                open(videos, "film.mp4");
                wait_for_another_time((folder / "film.mp4").native());
                row.change(folder);
                return open(videos, "film.mp4");
            });
            std::string expected = "videos";
            if (row.is_opened_anew) expected += row.expected == "absent" ? " videos videos videos" : " videos";
            expected.append(": ").append(row.expected);
            BOOST_TEST(text.substr(0, expected.size()) == expected, text);
        }
    }
}

/// What only the path can tell is seen once the folder is looked at again.
BOOST_AUTO_TEST_CASE(file_whose_second_is_over) {
    const std::string text = in_child([&] {
        make();
        MediaFolders videos{{folder}};
        const std::string first = open(videos, "to_nas.mp4");
        fs::remove(folder / "to_nas.mp4");
        make_link("usb/film.mp4", "to_nas.mp4", true);
        std::string later = open(videos, "to_nas.mp4");
        const auto latest = MediaFolders::Clock::now() + std::chrono::seconds{5};
        while (later == "nas: 200 bytes" && MediaFolders::Clock::now() < latest) later = open(videos, "to_nas.mp4");
        return first + "; " + later;
    });
    BOOST_TEST(text == "videos videos nas: 200 bytes; videos videos usb: 300 bytes");
}

BOOST_AUTO_TEST_CASE(files_are_taken_once_their_second_is_over) {
    const std::string text = in_child([&] {
        make();
        MediaFolders videos{{folder}};
        const auto begin = MediaFolders::Clock::now();
        open(videos, "film.mp4");
        open(videos, "nas/film.mp4");
        std::string counts;
        for (const auto later : {std::chrono::milliseconds{0}, std::chrono::milliseconds{1500}}) {
            Unused unused;
            videos.take_unused(begin + later, unused);
            counts += std::to_string(unused.files.size()) + " ";
        }
        open(videos, "film.mp4");
        Unused all;
        videos.take_files(all.files);
        return counts + std::to_string(all.files.size());
    });
    BOOST_TEST(text == "0 2 1");
}

/// The storage of another film may hold the thread that keeps them.
BOOST_AUTO_TEST_CASE(files_are_taken_while_storage_holds_their_thread) {
    const std::string text = in_child([&] {
        make();
        MediaFolders videos{{folder}};
        open(videos, "usb/film.mp4");
        std::string taken;
        gate.on_enter = [&] {
            std::thread{[&] {
                Unused unused;
                videos.take_unused(MediaFolders::Clock::now() + std::chrono::milliseconds{1500}, unused);
                for (const MediaFile& file : unused.files) taken += std::to_string(file.complete_length) + " ";
            }}.join();
        };
        return open(videos, "nas/film.mp4") + "; " + taken;
    });
    BOOST_TEST(text == "videos nas: 200 bytes; 300 ");
}

/// Its thread would close it otherwise, if the storage must not be touched now.
BOOST_AUTO_TEST_CASE(file_that_its_thread_looks_at_is_not_taken_meanwhile) {
    const std::string text = in_child([&] {
        make();
        MediaFolders videos{{folder}};
        open(videos, "film.mp4");
        std::string counts;
        const auto take = [&] {
            Unused unused;
            const bool is_left = videos.take_unused(MediaFolders::Clock::now() + std::chrono::milliseconds{1500}, unused);
            counts += std::to_string(unused.files.size()) + (is_left ? ", more is left; " : "; ");
        };
        gate.on_enter = [&] { std::thread{take}.join(); };
        open(videos, "film.mp4");
        gate.on_enter = {};
        take();
        return counts;
    });
    BOOST_TEST(text == "0, more is left; 1, more is left; ");
}

BOOST_AUTO_TEST_CASE(no_more_files_are_kept_than_the_limit) {
    const std::string text = in_child([&] {
        make();
        MediaFolders videos{{folder}};
        std::vector<MediaFile> files;
        for (std::size_t i = 0; i <= KeptFiles::max_files; ++i) {
            const std::string name = std::to_string(i) + ".mp4";
            outer.write("videos/" + name, "x");
            open(videos, name);
        }
        videos.take_files(files);
        return std::to_string(files.size());
    });
    BOOST_TEST(text == std::to_string(KeptFiles::max_files));
}

BOOST_AUTO_TEST_CASE(storage_of_a_kept_file_must_not_be_touched_now) {
    const std::string text = in_child([&] {
        make();
        MediaFolders videos{{folder}};
        open(videos, "nas/film.mp4");
        gate.refused = device_of(folder / "nas");
        return open(videos, "nas/film.mp4");
    });
    BOOST_TEST(text == "nas: busy");
}

// A folder that nobody uses is let go, so that it can be unmounted

BOOST_AUTO_TEST_CASE(folder_that_nobody_has_used_for_a_while) {
    const std::string text = in_child([&] {
        make();
        outer.write("videos/usb/new.mp4", "new");
        MediaFolders videos{{folder / "usb"}};
        std::string lines = describe(videos.open("film.mp4")) + "\n";
        const auto used = MediaFolders::Clock::now();
        const auto unmount = [&] {
            lines += umount((folder / "usb").c_str()) == 0 ? "unmounted\n" : posix::cause(errno) + "\n";
        };
        unmount();
        const auto let_go_at = [&](MediaFolders::Clock::time_point now) {
            Unused unused;
            videos.take_unused(now, unused);
        };
        let_go_at(used + max_unused - std::chrono::seconds{2});
        unmount();
        let_go_at(used + max_unused);
        let_go_at(used + 2 * max_unused);
        unmount();
        outer.write("videos/usb/film.mp4", "another volume");
        return lines + describe(videos.open("film.mp4"));
    });
    BOOST_TEST(text == "300 bytes\nDevice or resource busy\nDevice or resource busy\nunmounted\n14 bytes");
}

BOOST_AUTO_TEST_CASE(folder_that_waits_for_its_storage_is_not_let_go) {
    const std::string text = in_child([&] {
        make();
        MediaFolders videos{{folder}};
        gate.on_enter = [&] {
            std::thread{[&] {
                Unused unused;
                videos.take_unused(MediaFolders::Clock::now() + 2 * max_unused, unused);
            }}.join();
        };
        return open(videos, "nas/film.mp4");
    });
    BOOST_TEST(text == "videos videos nas: 200 bytes");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::media
