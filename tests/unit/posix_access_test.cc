// Owns the tests of what is found in the way to a path, and of the command that clears it.
// Does not test rights to a catalogue: media_catalog_test.cc does.
// SPDX-License-Identifier: MIT
#include "posix/access.h"

#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "child_process.h"
#include "messages.h"
#include "temporary_folder.h"

namespace reelgate::posix {
namespace {

namespace fs = std::filesystem;

struct Fixture {
    TemporaryFolder folder;

    Fixture() {
        folder.write("file", "");
        fs::create_symlink("nowhere/file", folder / "dangling");
        fs::create_symlink("loop", folder / "loop");
        fs::create_directory_symlink("closed", folder / "link");
        fs::permissions(folder.make_folder("closed"), fs::perms{0700});
        folder.write("closed/file", "");
    }
};

/// Returns the text of what find_obstacle() finds; empty if it finds nothing.
std::string obstacle(const std::filesystem::path& path, int right) {
    const auto found = find_obstacle(path, right);
    return found ? text_of(found->failure({}, {})) : std::string{};
}

BOOST_FIXTURE_TEST_SUITE(posix_access, Fixture)

struct WayRow {
    std::string_view name;
    std::string_view path;
    std::string_view expected;  ///< behind the folder's path; DIR is that path again
};

constexpr WayRow ways[] = {
    {.name = "nothing_in_the_way", .path = "file", .expected = ""},
    {.name = "missing_file", .path = "missing", .expected = "/missing: No such file or directory"},
    {.name = "first_missing_folder", .path = "a/b/c", .expected = "/a: No such file or directory"},
    {.name = "file_in_place_of_a_folder", .path = "file/x", .expected = "/file: is not a folder"},
    {.name = "link_to_nowhere", .path = "dangling",
     .expected = "/dangling: a symbolic link to DIR/nowhere/file: DIR/nowhere: No such file or directory"},
    {.name = "link_to_itself", .path = "loop/x", .expected = "/loop: Too many levels of symbolic links"},
};

BOOST_AUTO_TEST_CASE(what_is_in_the_way) {
    for (const WayRow& row : ways) {
        BOOST_TEST_CONTEXT(row.name) {
            const std::string why = obstacle(folder / row.path, R_OK);
            std::string expected = row.expected.empty() ? "" : folder.path().native() + std::string{row.expected};
            for (std::size_t at = 0; (at = expected.find("DIR", at)) != std::string::npos;)
                expected.replace(at, 3, folder.path().native());
            BOOST_TEST(why == expected);
        }
    }
}

struct ObjectRow {
    std::string_view name;
    std::string_view object;
    std::string_view path;
    std::string_view expected;  ///< DIR stands for the folder's path
};

constexpr ObjectRow objects[] = {
    {.name = "the_object_itself", .object = "DIR/missing", .path = "missing",
     .expected = "open: DIR/missing: No such file or directory"},
    {.name = "a_folder_above_the_object", .object = "DIR/a/b", .path = "a/b",
     .expected = "open: DIR/a/b: DIR/a: No such file or directory"},
    {.name = "behind_a_link_that_is_the_object", .object = "DIR/dangling", .path = "dangling",
     .expected = "open: DIR/dangling: a symbolic link to DIR/nowhere/file: DIR/nowhere: No such file or directory"},
    {.name = "behind_another_link", .object = "DIR/x", .path = "dangling",
     .expected = "open: DIR/x: DIR/dangling: a symbolic link to DIR/nowhere/file: DIR/nowhere: No such file or directory"},
    {.name = "beside_the_object", .object = "catalogue", .path = "missing",
     .expected = "open: catalogue: DIR/missing: No such file or directory"},
};

BOOST_AUTO_TEST_CASE(failure_names_the_object_once) {
    const auto filled = [&](std::string text) {
        for (std::size_t at = 0; (at = text.find("DIR", at)) != std::string::npos;)
            text.replace(at, 3, folder.path().native());
        return text;
    };
    for (const ObjectRow& row : objects) {
        BOOST_TEST_CONTEXT(row.name) {
            const auto found = find_obstacle(folder / row.path, R_OK).value();
            BOOST_TEST(text_of(found.failure("open", filled(std::string{row.object}))) ==
                       filled(std::string{row.expected}));
        }
    }
}

BOOST_AUTO_TEST_CASE(folder_behind_a_link_that_may_not_be_searched) {
    const std::string closed = (folder / "closed").native();
    // Closed for its owner, too: that is who runs the tests, unless root does.
    fs::permissions(closed, fs::perms::none);
    const std::string why = as_ordinary_user([&] { return obstacle(folder / "link/file", R_OK); });
    const std::string link = (folder / "link").native() + ": a symbolic link to " + closed + ": ";
    BOOST_TEST(why.starts_with(link + closed + ": user "), why);
    BOOST_TEST(contains(why, " may not search it, which is "), why);
}

// A relative path, from a folder within a closed one, a closed one, an open one, and one that is gone

struct RelativeRow {
    std::string_view name;
    std::string_view from;
    std::string_view closed;  ///< when we are there already
    std::string_view path;
    std::string_view expected;  ///< part of it, or all where it is empty; DIR is the folder's path
};

constexpr RelativeRow relatives[] = {
    {.name = "missing", .from = "", .closed = "closed", .path = "a.db",
     .expected = "DIR/a.db: No such file or directory"},
    {.name = "there", .from = "", .closed = "closed", .path = "file", .expected = ""},
    {.name = "current_folder_may_not_be_searched", .from = "closed", .closed = "closed", .path = "file",
     .expected = "DIR/closed: user "},
    {.name = "current_folder_by_its_dot", .from = "closed", .closed = "closed", .path = ".",
     .expected = "DIR/closed: user "},
    {.name = "folder_above_may_not_be_searched", .from = "closed/in", .closed = "closed", .path = "file", .expected = ""},
    {.name = "missing_below_a_closed_folder", .from = "closed/in", .closed = "closed", .path = "a.db",
     .expected = "a.db: No such file or directory"},
};

BOOST_AUTO_TEST_CASE(relative_paths) {
    folder.make_folder("closed/in");
    folder.write("closed/in/file", "");
    fs::permissions(folder / "closed/in/file", fs::perms{0644});
    for (const RelativeRow& row : relatives) {
        BOOST_TEST_CONTEXT(row.name) {
            const std::string why = in_child([&] {
                fs::current_path(folder / row.from);
                fs::permissions(folder / row.closed, fs::perms{});
                become_ordinary_user();
                return obstacle(row.path, R_OK);
            });
            fs::permissions(folder / row.closed, fs::perms{0700});
            std::string expected{row.expected};
            if (expected.starts_with("DIR")) expected.replace(0, 3, folder.path().native());
            BOOST_TEST((expected.empty() ? why.empty() : why.starts_with(expected)), why);
        }
    }
}

BOOST_AUTO_TEST_CASE(relative_path_in_a_folder_that_is_gone) {
    const std::string why = in_child([&] {
        fs::current_path(folder.make_folder("gone"));
        fs::remove(folder / "gone");
        return obstacle("a.db", R_OK);
    });
    BOOST_TEST(why == "a.db: No such file or directory, and the current folder has no path any more: "
                      "No such file or directory");
}

BOOST_AUTO_TEST_CASE(parts_of_an_obstacle) {
    fs::permissions(folder / "file", fs::perms{0200});
    const std::string parts = as_ordinary_user([&] {
        const auto found = find_obstacle(folder / "file", R_OK).value();
        return found.path + "|" + found.why + "|" + found.remedy + "|" + cause(found.error) + "\n" +
               text_of(found.failure({}, {}));
    });
    const std::string path = (folder / "file").native();
    BOOST_TEST(parts.starts_with(path + "|user "), parts);
    BOOST_TEST(contains(parts, "'s and has mode 0200|`ch"), parts);
    BOOST_TEST(contains(parts, path + "`|Permission denied\n" + path + ": user "), parts);
    BOOST_TEST(contains(parts, "'s and has mode 0200; `ch"), parts);
    BOOST_TEST(!find_obstacle(folder / "file", F_OK).has_value());
    BOOST_TEST(find_obstacle(folder / "a/b", F_OK).value().error == ENOENT);
}

BOOST_AUTO_TEST_CASE(only_the_missing_right_is_named) {
    fs::permissions(folder / "file", fs::perms{0444});
    const std::string why = as_ordinary_user([&] { return obstacle(folder / "file", R_OK | W_OK); });
    BOOST_TEST(contains(why, " may not write it, which is "), why);
    BOOST_TEST(as_ordinary_user([&] { return obstacle(folder / "file", R_OK); }) == "");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::posix
