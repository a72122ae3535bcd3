// Owns the tests of ids that are made from the names of files.
// Does not test whether they are recorded: library_test.py does.
// SPDX-License-Identifier: MIT
#include "commands/new_ids.h"

#include <boost/test/unit_test.hpp>

namespace reelgate::commands {
namespace {

struct NameRow {
    std::string_view name;
    std::string file;
    std::string expected;
};

const NameRow names[] = {
    {.name = "plain", .file = "Holiday", .expected = "Holiday"},
    {.name = "every_allowed_character", .file = "aZ09._~-x", .expected = "aZ09._~-x"},
    {.name = "blanks_and_brackets", .file = "My Film (2019)", .expected = "My-Film-2019"},
    {.name = "several_in_a_row", .file = "a - b", .expected = "a-b"},
    {.name = "at_both_ends", .file = " a ", .expected = "a"},
    {.name = "dash_of_its_own_at_the_end", .file = "a-", .expected = "a-"},
    {.name = "umlaut", .file = "\xc3\x9c" "ber", .expected = "ber"},
    {.name = "nothing_left", .file = "\xe2\x80\x93", .expected = ""},
    {.name = "one_dot", .file = ".", .expected = ""},
    {.name = "two_dots", .file = "..", .expected = ""},
    {.name = "three_dots", .file = "...", .expected = "..."},
    {.name = "too_long", .file = std::string(200, 'x'), .expected = std::string(128, 'x')},
    {.name = "slash", .file = "a/b", .expected = "a-b"},
};

struct FileRow {
    std::string_view name;
    std::string path, extension;
    std::string expected;
};

const FileRow files[] = {
    {.name = "its_own_extension", .path = "d/film.mp4", .extension = ".mp4", .expected = "film"},
    {.name = "in_capitals", .path = "d/film.MP4", .extension = ".mp4", .expected = "film"},
    {.name = "wrong_one", .path = "d/film.mp4", .extension = ".webm", .expected = "film"},
    {.name = "none_of_media", .path = "d/film.final", .extension = ".webm", .expected = "film.final"},
    {.name = "none", .path = "d/film", .extension = ".mp4", .expected = "film"},
    {.name = "several_dots", .path = "d/a.b.mp4", .extension = ".mp4", .expected = "a.b"},
};

BOOST_AUTO_TEST_SUITE(commands_new_ids)

BOOST_AUTO_TEST_CASE(id_of_a_name) {
    for (const NameRow& row : names)
        BOOST_TEST_CONTEXT(row.name) BOOST_TEST(id_from_name(row.file) == row.expected);
}

BOOST_AUTO_TEST_CASE(name_without_its_extension) {
    for (const FileRow& row : files)
        BOOST_TEST_CONTEXT(row.name) BOOST_TEST(name_without(row.path, row.extension) == row.expected);
}

BOOST_AUTO_TEST_CASE(id_that_is_taken) {
    const std::string longest(128, 'x');
    const std::map<std::string, std::optional<std::string>> taken{{"a", {}}, {"b", {}}, {"b-2", {}}, {longest, {}}};
    BOOST_TEST(free_id("c", taken) == "c");
    BOOST_TEST(free_id("a", taken) == "a-2");
    BOOST_TEST(free_id("b", taken) == "b-3");
    BOOST_TEST(free_id(longest, taken) == std::string(126, 'x') + "-2");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::commands
