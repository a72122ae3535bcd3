// Owns the tests of what two looks at a file say of its content.
// Does not test what becomes of an answer whose file changed: that is the writer's.
// SPDX-License-Identifier: MIT
#include "posix/file_version.h"

#include <fcntl.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "temporary_folder.h"

namespace reelgate::posix {
namespace {

std::string_view name_of(FileChange change) {
    switch (change) {
        case FileChange::unchanged: return "unchanged";
        case FileChange::relabelled: return "renamed or relabelled";
        case FileChange::grown: return "grown";
        case FileChange::changed: return "changed";
    }
    return "?";
}

constexpr FileVersion first{1000, {100, 5}, {200, 7}, 1, S_IFREG | 0644, 10, 20};

struct ChangeRow {
    std::string_view name;
    FileVersion later;
    std::string_view expected;
};

constexpr ChangeRow changes[] = {
    {.name = "same", .later = first, .expected = "unchanged"},
    {.name = "linked_once_more", .later = {1000, {100, 5}, {201, 7}, 2, S_IFREG | 0644, 10, 20},
     .expected = "renamed or relabelled"},
    {.name = "last_name_removed", .later = {1000, {100, 5}, {201, 7}, 0, S_IFREG | 0644, 10, 20},
     .expected = "renamed or relabelled"},
    {.name = "mode", .later = {1000, {100, 5}, {200, 8}, 1, S_IFREG | 0600, 10, 20},
     .expected = "renamed or relabelled"},
    {.name = "owner", .later = {1000, {100, 5}, {201, 7}, 1, S_IFREG | 0644, 11, 20},
     .expected = "renamed or relabelled"},
    {.name = "group", .later = {1000, {100, 5}, {201, 7}, 1, S_IFREG | 0644, 10, 21},
     .expected = "renamed or relabelled"},
    {.name = "linked_within_the_clocks_grain", .later = {1000, {100, 5}, {200, 7}, 2, S_IFREG | 0644, 10, 20},
     .expected = "unchanged"},
    {.name = "longer", .later = {1001, {101, 5}, {201, 7}, 1, S_IFREG | 0644, 10, 20}, .expected = "grown"},
    {.name = "longer_by_a_nanosecond_later", .later = {1001, {100, 6}, {200, 8}, 1, S_IFREG | 0644, 10, 20},
     .expected = "grown"},
    {.name = "longer_with_an_older_mtime", .later = {1001, {99, 5}, {201, 7}, 1, S_IFREG | 0644, 10, 20},
     .expected = "grown"},
    {.name = "longer_with_the_same_mtime", .later = {1001, {100, 5}, {201, 7}, 1, S_IFREG | 0644, 10, 20},
     .expected = "changed"},
    {.name = "shorter", .later = {999, {101, 5}, {201, 7}, 1, S_IFREG | 0644, 10, 20}, .expected = "changed"},
    {.name = "shorter_with_the_same_times", .later = {999, {100, 5}, {200, 7}, 1, S_IFREG | 0644, 10, 20},
     .expected = "changed"},
    {.name = "rewritten", .later = {1000, {101, 5}, {201, 7}, 1, S_IFREG | 0644, 10, 20}, .expected = "changed"},
    {.name = "rewritten_a_nanosecond_later", .later = {1000, {100, 6}, {200, 8}, 1, S_IFREG | 0644, 10, 20},
     .expected = "changed"},
    {.name = "rewritten_and_its_mtime_set_back", .later = {1000, {100, 5}, {201, 7}, 1, S_IFREG | 0644, 10, 20},
     .expected = "changed"},
    {.name = "rewritten_and_relabelled", .later = {1000, {101, 5}, {201, 7}, 2, S_IFREG | 0600, 10, 20},
     .expected = "changed"},
};

BOOST_AUTO_TEST_SUITE(posix_file_version)

BOOST_AUTO_TEST_CASE(two_looks) {
    for (const ChangeRow& row : changes)
        BOOST_TEST_CONTEXT(row.name) { BOOST_TEST(name_of(compare(first, row.later)) == row.expected); }
}

BOOST_AUTO_TEST_CASE(version_is_what_fstat_says) {
    const TemporaryFolder folder;
    const auto path = folder.write("film.mp4", "content");
    const timespec times[] = {{.tv_sec = 1, .tv_nsec = 2}, {.tv_sec = 3, .tv_nsec = 4}};
    BOOST_REQUIRE(utimensat(AT_FDCWD, path.c_str(), times, 0) == 0);
    struct stat status;
    BOOST_REQUIRE(stat(path.c_str(), &status) == 0);
    const FileVersion version = version_of(status);
    BOOST_TEST(version.complete_length == 7u);
    BOOST_TEST((version.modified.tv_sec == 3 && version.modified.tv_nsec == 4));
    BOOST_TEST((version.status_changed.tv_sec == status.st_ctim.tv_sec &&
                version.status_changed.tv_nsec == status.st_ctim.tv_nsec));
    BOOST_TEST(version.links == 1u);
    BOOST_TEST(version.mode == status.st_mode);
    BOOST_TEST(version.owner == status.st_uid);
    BOOST_TEST(version.group == status.st_gid);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::posix
