// Owns the tests of what an audit makes of its evidence: each verdict as a row, without a file or a catalogue.
// Does not test how the evidence is gathered: check_test.py does.
// SPDX-License-Identifier: MIT
#include "audit/judge.h"

#include <boost/test/unit_test.hpp>

#include <cerrno>

namespace reelgate::audit {
namespace {

using media::BoxOrder;
using media::BoxSurvey;
using media::NoMediaFile;

using Films = std::map<std::string, SeenFilm>;
using Rows = std::map<std::string, std::optional<SeenRow>>;

/// A file of 100 bytes. Files differ by their inode.
constexpr SeenFile file(ino_t inode, std::uint64_t length = 100, std::time_t modified = 1000) {
    return {{.device = 1, .inode = inode}, length, {.tv_sec = modified, .tv_nsec = 5}};
}

constexpr std::time_t old = 3600;

const NoMediaFile absent{NoMediaFile::Reason::absent, {{}, {}, "No such file or directory", {}, ENOENT}};
const Rows row_a{{"a", SeenRow{"a.mp4", true}}};

/// The first look at one film, a.mp4.
FirstLook film(Opening opening) {
    return {.files = {"films/a.mp4"}, .ids = {"a"}, .rows = row_a, .films = {{"a.mp4", {"a", std::move(opening)}}}};
}
FirstLook surveyed(BoxSurvey survey, std::time_t age = old) { return film(OpenFilm{"films/a.mp4", file(1), age, std::move(survey)}); }

/// The second look at that film.
SecondLook later(std::optional<SeenFile> seen) { return {.films = {{"films/a.mp4", seen}}}; }
const SecondLook unchanged = later(file(1));

/// A first look at a catalogue without rows, and a second one at one file.
FirstLook files(std::vector<std::string> names) {
    for (std::string& name : names) name = "films/" + name;
    return {.files = std::move(names)};
}
SecondLook stray(const std::string& name, const StrayFile& seen) { return {.strays = {{"films/" + name, seen}}}; }

struct Row {
    std::string_view name;
    FirstLook first{};
    SecondLook second{};
    Rights rights{};
    std::vector<std::string> expected{};  ///< "kind: failure", with " [id]" if there is one
};

const std::string copy_again = "; copy it again from its source [a]";
const std::string recent = "; it was written to within the last minute, and may be still on its way";
const std::string no_file_a = "no file: films/a.mp4: a is 'complete', and there is no such file; put it there, or "
                              "take the row out [a]";
const std::string no_client =
    ": no client can ask for it; give it an id of 1 to 128 of the characters A-Z a-z 0-9 . _ ~ -";
const std::string no_row = ": no row of the catalogue refers to it; record it, or remove it";

const Row rows[] = {
    {.name = "nothing"},

    // Films that cannot be opened
    {.name = "row_without_a_file", .first = film(absent), .second = {.rows = row_a, .absent = {"a.mp4"}},
     .expected = {no_file_a}},
    {.name = "row_without_a_file_is_gone_meanwhile", .first = film(absent),
     .second = {.rows = {{"a", std::nullopt}}, .absent = {"a.mp4"}}},
    {.name = "row_without_a_file_is_not_ready_any_more", .first = film(absent),
     .second = {.rows = {{"a", SeenRow{"a.mp4", false}}}, .absent = {"a.mp4"}}},
    {.name = "row_without_a_file_means_another_one_meanwhile", .first = film(absent),
     .second = {.rows = {{"a", SeenRow{"b.mp4", true}}}, .absent = {"a.mp4"}}},
    {.name = "file_has_come_meanwhile", .first = film(absent), .second = {.rows = row_a}},
    {.name = "row_without_a_file_and_no_second_look", .first = film(absent)},
    {.name = "refused_file", .first = film(NoMediaFile{NoMediaFile::Reason::refused, {{}, {}, "not a regular file"}}),
     .expected = {"refused file: films/a.mp4: not a regular file; put a regular file there, or take the row out [a]"}},
    {.name = "refused_file_with_a_remedy",
     .first = film(NoMediaFile{NoMediaFile::Reason::refused, {{}, {}, "leads out", "put it there"}}),
     .expected = {"refused file: films/a.mp4: leads out; put it there; or take the row out [a]"}},
    {.name = "unreadable_file",
     .first = film(NoMediaFile{NoMediaFile::Reason::unreadable, {{}, {}, "all modes allow it"}}),
     .expected = {"unreadable file: films/a.mp4: all modes allow it; give it the right, or take the row out [a]"}},
    {.name = "unreadable_file_for_want_of_a_right", .first = film(WithoutRight{}),
     .rights = {.missing = {{"", {{}, "films/a.mp4", "user x may not read it", "`chmod o+r films/a.mp4`"}}}},
     .expected = {"missing right: films/a.mp4: user x may not read it; `chmod o+r films/a.mp4`"}},
    {.name = "disk_fails", .first = film(posix::Failure{{}, "films/a.mp4", "Input/output error", {}, EIO}),
     .expected = {"unreadable file: films/a.mp4: Input/output error; look at the disk, and the kernel's log [a]"}},

    // Films that change
    {.name = "film_has_grown", .first = surveyed({.order = BoxOrder::cut_off}), .second = later(file(1, 120, 1001)),
     .expected = {"still changing: films/a.mp4: 100 bytes at first, 120 at the end of this audit, though the "
                  "catalogue has it as 'complete'; write it under another name, rename it when it is whole, and "
                  "record it then"}},
    {.name = "film_was_written_to", .first = surveyed({.order = BoxOrder::moov_first}),
     .second = later(file(1, 100, 1001)),
     .expected = {"still changing: films/a.mp4: 100 bytes at first, 100 at the end of this audit, though the "
                  "catalogue has it as 'complete'; write it under another name, rename it when it is whole, and "
                  "record it then"}},
    {.name = "film_has_grown_within_a_tick", .first = surveyed({.order = BoxOrder::moov_first}),
     .second = later(file(1, 120)),
     .expected = {"still changing: films/a.mp4: 100 bytes at first, 120 at the end of this audit, though the "
                  "catalogue has it as 'complete'; write it under another name, rename it when it is whole, and "
                  "record it then"}},
    {.name = "damaged_film_is_replaced", .first = surveyed({.order = BoxOrder::cut_off}), .second = later(file(2))},
    {.name = "damaged_film_is_gone", .first = surveyed({.order = BoxOrder::cut_off}), .second = later(std::nullopt)},
    {.name = "damaged_film_and_no_second_look", .first = surveyed({.order = BoxOrder::cut_off})},

    // What is in films
    {.name = "film_in_order", .first = surveyed({.order = BoxOrder::moov_first}), .second = unchanged},
    {.name = "film_of_a_type_without_boxes", .first = film(OpenFilm{"films/a.mp4", file(1), old, std::nullopt}), .second = unchanged},
    {.name = "empty_file", .first = film(OpenFilm{"films/a.mp4", file(1, 0), old, std::nullopt}), .second = later(file(1, 0)),
     .expected = {"empty file: films/a.mp4: it has no bytes" + copy_again}},
    {.name = "empty_file_a_moment_old", .first = film(OpenFilm{"films/a.mp4", file(1, 0), 59, std::nullopt}),
     .second = later(file(1, 0)),
     .expected = {"empty file: films/a.mp4: it has no bytes" + recent + copy_again}},
    {.name = "moov_last", .first = surveyed({.order = BoxOrder::moov_last}), .second = unchanged,
     .expected = {"moov behind mdat: films/a.mp4: a player has to fetch the end of the file before it can begin; "
                  "`ffmpeg -i /srv/films/a.mp4 -map 0 -c copy -movflags +faststart /srv/films/a.faststart.mp4 && mv "
                  "/srv/films/a.faststart.mp4 /srv/films/a.mp4` [a]"}},
    {.name = "no_mp4", .first = surveyed({.order = BoxOrder::no_mp4, .beginning = "<html>"}), .second = unchanged,
     .expected = {"no MP4: films/a.mp4: none of ftyp, moov and mdat is in it; it begins with \"<html>\"; put the film "
                  "there, or let the query say its media_type [a]"}},
    {.name = "no_moov", .first = surveyed({.order = BoxOrder::no_moov}), .second = unchanged,
     .expected = {"cut off: films/a.mp4: it has no `moov`, without which nothing can be played" + copy_again}},
    {.name = "no_mdat", .first = surveyed({.order = BoxOrder::no_mdat}), .second = unchanged,
     .expected = {"cut off: films/a.mp4: it has no `mdat`, and with that no content" + copy_again}},
    {.name = "cut_off", .first = surveyed({.order = BoxOrder::cut_off, .position = 8, .type = "mdat", .lacking = 7}),
     .second = unchanged, .expected = {"cut off: films/a.mp4: its box `mdat` at byte 8 lacks 7 bytes" + copy_again}},
    {.name = "cut_off_a_moment_ago",
     .first = surveyed({.order = BoxOrder::cut_off, .position = 8, .type = "mdat", .lacking = 7}, 59),
     .second = unchanged,
     .expected = {"cut off: films/a.mp4: its box `mdat` at byte 8 lacks 7 bytes" + recent + copy_again}},
    {.name = "cut_off_a_minute_ago",
     .first = surveyed({.order = BoxOrder::cut_off, .position = 8, .type = "mdat", .lacking = 7}, 60),
     .second = unchanged,
     .expected = {"cut off: films/a.mp4: its box `mdat` at byte 8 lacks 7 bytes" + copy_again}},
    {.name = "cut_off_with_a_date_yet_to_come",
     .first = surveyed({.order = BoxOrder::cut_off, .position = 8, .type = "mdat", .lacking = 7}, -1),
     .second = unchanged,
     .expected = {"cut off: films/a.mp4: its box `mdat` at byte 8 lacks 7 bytes" + copy_again}},
    {.name = "damaged", .first = surveyed({.order = BoxOrder::damaged, .position = 8}), .second = unchanged,
     .expected = {"damaged file: films/a.mp4: a box should begin at byte 8, and none does" + copy_again}},
    {.name = "too_many_boxes", .first = surveyed({.order = BoxOrder::undecided}), .second = unchanged,
     .expected = {"damaged file: films/a.mp4: none of its first 1000 boxes is a `moov`" + copy_again}},

    // Ids
    {.name = "id_that_no_client_can_ask_for", .first = {.rows = {{"a b", SeenRow{"a b.mp4", false}}}},
     .expected = {"unreachable id: a b" + no_client + " [a b]"}},
    {.name = "empty_id", .first = {.rows = {{"", SeenRow{".mp4", true}}}},
     .expected = {"unreachable id: (nothing)" + no_client}},
    {.name = "id_that_the_query_does_not_find", .first = {.rows = {{"a", std::nullopt}}},
     .second = {.rows = {{"a", std::nullopt}}},
     .expected = {"unmatched id: a: it is listed, but the query does not find it; make --list and --query mean the "
                  "same rows, and use LEFT JOIN for sessions [a]"}},
    {.name = "id_that_is_found_at_the_second_look", .first = {.rows = {{"a", std::nullopt}}},
     .second = {.rows = row_a}},
    {.name = "id_that_is_listed_no_more", .first = {.rows = {{"a", std::nullopt}}}},

    // Files without a row
    {.name = "file_without_a_row", .first = files({"x.mp4"}), .second = stray("x.mp4", {{1, 9}}),
     .expected = {"no row: films/x.mp4" + no_row}},
    {.name = "file_whose_row_has_come", .first = files({"x.mp4"}),
     .second = {.rows = {{"x", SeenRow{"x.mp4", false}}}, .strays = {{"films/x.mp4", {{1, 9}}}}}},
    {.name = "file_of_a_row_that_is_not_ready", .first = {.rows = {{"x", SeenRow{"x.mp4", false}}}},
     .second = stray("x.mp4", {{1, 9}})},
    {.name = "second_name_of_a_film", .first = surveyed({.order = BoxOrder::moov_first}),
     .second = {.films = unchanged.films, .strays = {{"films/copy.mp4", {file(1).id}}}}},
    {.name = "leftover", .first = files({".x.mp4.adding"}), .second = stray(".x.mp4.adding", {{1, 9}}),
     .expected = {"leftover: films/.x.mp4.adding: an `add` was interrupted here; add that id again, or, if no "
                  "`add` of it is running, `rm films/.x.mp4.adding`"}},
    {.name = "add_is_writing", .first = files({".x.mp4.adding"}),
     .second = stray(".x.mp4.adding", {.id = {1, 9}, .is_locked = true})},
    {.name = "leftover_with_both_names", .first = files({".x.mp4.adding", "x.mp4"}),
     .second = {.strays = {{"films/.x.mp4.adding", {.id = {1, 9}, .other = posix::FileId{1, 9}}},
                           {"films/x.mp4", {.id = {1, 9}, .other = posix::FileId{1, 9}}}}},
     .expected = {"leftover: films/.x.mp4.adding: an `add` was interrupted here; add that id again, or, if no "
                  "`add` of it is running, `rm films/.x.mp4.adding films/x.mp4`"}},
    {.name = "leftover_beside_another_film",
     .first = {.files = {"films/.x.mp4.adding"}, .rows = {{"x", SeenRow{"x.mp4", true}}}},
     .second = stray(".x.mp4.adding", {.id = {1, 9}, .other = posix::FileId{1, 8}}),
     .expected = {"leftover: films/.x.mp4.adding: an `add` was interrupted here; add that id again, or, if no "
                  "`add` of it is running, `rm films/.x.mp4.adding`"}},
    {.name = "leftover_of_a_recorded_film",
     .first = {.files = {"films/.x.mp4.adding"}, .rows = {{"x", SeenRow{"x.mp4", true}}}},
     .second = stray(".x.mp4.adding", {.id = {1, 9}, .other = posix::FileId{1, 9}}),
     .expected = {"leftover: films/.x.mp4.adding: an `add` was interrupted here after it had recorded the film, whose "
                  "room this second name would keep when the film is removed; `rm films/.x.mp4.adding`"}},
    {.name = "name_like_a_leftover_in_another_folder", .first = files({".d/x.mp4.adding"}),
     .second = stray(".d/x.mp4.adding", {{1, 9}}),
     .expected = {"no row: films/.d/x.mp4.adding" + no_row}},
    {.name = "name_like_a_leftover_of_another_program", .first = files({".x.adding"}),
     .second = stray(".x.adding", {.id = {1, 9}, .other = posix::FileId{1, 9}}),
     .expected = {"no row: films/.x.adding" + no_row}},

    // Rights
    {.name = "audit_that_ended_early", .first = surveyed({.order = BoxOrder::cut_off}),
     .rights = {.missing = {{"", {{}, "/srv", "user x may not search it", "`chmod o+x /srv`"}}},
                .unfinished = posix::Failure{"open catalogue", "/srv/catalog.db", "no such file", "look there"}},
     .expected = {"missing right: /srv: user x may not search it; `chmod o+x /srv`",
                  "unfinished audit: open catalogue: /srv/catalog.db: no such file; look there; give the missing "
                  "rights, and run it again"}},
    {.name = "folder_that_cannot_be_listed", .first = {.unlisted = {{{}, "films/d", "Permission denied", {}, EACCES}}},
     .expected = {"unlisted folder: films/d: Permission denied: files without a row are not looked for there; run the "
                  "audit as root, with --user"}},

    // Order
    {.name = "findings_by_kind_then_by_object", .first = {.unlisted = {{{}, "films/0", "Permission denied"}}},
     .second = {.strays = {{"films/1.mp4", {{1, 1}}}, {"films/2.mp4", {{1, 2}}}}},
     .rights = {.missing = {{"1", {{}, "/b", "why", "remedy"}}, {"2", {{}, "/a", "why", "remedy"}}}},
     .expected = {"missing right: /a: why; remedy", "missing right: /b: why; remedy", "no row: films/1.mp4" + no_row,
                  "no row: films/2.mp4" + no_row,
                  "unlisted folder: films/0: Permission denied: files without a row are not looked for there; run the "
                  "audit as root, with --user"}},
};

BOOST_AUTO_TEST_CASE(audit_judge) {
    for (const Row& row : rows) {
        BOOST_TEST_CONTEXT(row.name) {
            FirstLook first = row.first;
            first.videos = {"films"};
            first.working_folder = "/srv";
            first.ready = "complete";
            std::vector<std::string> found;
            for (const Finding& finding : judge(first, row.second, row.rights)) {
                const std::string id = finding.id.empty() ? "" : " [" + finding.id + "]";
                found.push_back(std::string{row_of(finding.kind).name} + ": " + posix::text_of(finding.failure) + id);
            }
            BOOST_TEST(found == row.expected, boost::test_tools::per_element());
        }
    }
}

}  // namespace
}  // namespace reelgate::audit
