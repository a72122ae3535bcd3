// Owns the kinds of findings.
// SPDX-License-Identifier: MIT
#include "audit/kinds.h"

#include <array>
#include <cstddef>

namespace reelgate::audit {

namespace {

constexpr std::array table{
    KindRow{Kind::missing_right, Severity::error, "missing right",
            "The user lacks the permission to search a folder, to read a file, or to write what WAL mode needs.",
            "run the command that the line ends with"},
    KindRow{Kind::unfinished, Severity::error, "unfinished audit",
            "Something could not be checked without that permission.",
            "give the missing rights, and run it again"},
    KindRow{Kind::unreachable_id, Severity::error, "unreachable id",
            "No client can ask for such an id.",
            "give it an id of 1 to 128 of the characters A-Z a-z 0-9 . _ ~ -"},
    KindRow{Kind::unmatched_id, Severity::error, "unmatched id",
            "--list returns it, but --query does not find it.",
            "make --list and --query mean the same rows, and use LEFT JOIN for sessions"},
    KindRow{Kind::no_file, Severity::error, "no file",
            "The row is ready, but its file does not exist.",
            "put it there, or take the row out"},
    KindRow{Kind::refused_file, Severity::error, "refused file",
            "It is not a regular file, or it is outside the folder of videos.",
            "put a regular file there, or take the row out"},
    KindRow{Kind::unreadable_file, Severity::error, "unreadable file",
            "It cannot be read.",
            "look at the disk, and the kernel's log"},
    KindRow{Kind::empty_file, Severity::error, "empty file",
            "It has no bytes.",
            "copy it again from its source"},
    KindRow{Kind::cut_off, Severity::error, "cut off",
            "A box of the file reaches past its end, or it has no `moov` or no `mdat`.",
            "copy it again from its source"},
    KindRow{Kind::damaged, Severity::warning, "damaged file",
            "No valid box begins where one should.",
            "copy it again from its source"},
    KindRow{Kind::no_mp4, Severity::warning, "no MP4",
            "It has no boxes.",
            "put the film there, or let the query say its media_type"},
    KindRow{Kind::moov_last, Severity::warning, "moov behind mdat",
            "A player must fetch the end of the file before the first picture.",
            "run the command that the line ends with, which moves `moov` to the front"},
    KindRow{Kind::still_changing, Severity::warning, "still changing",
            "It grew, or was written to, while the audit ran, though its row is ready.",
            "write it under another name, rename it when it is whole, and record it then"},
    KindRow{Kind::no_row, Severity::warning, "no row",
            "No row, ready or not, refers to the file.",
            "record it, or remove it"},
    KindRow{Kind::leftover, Severity::warning, "leftover",
            "An interrupted `add` left it. If it is a second name of a film, the film's space is free only when both "
            "names are removed.",
            "add that id again, or run the command that the line ends with"},
    KindRow{Kind::unlisted_folder, Severity::warning, "unlisted folder",
            "The audit could not look for files without a row there.",
            "run the audit as root, with --user"},
};

constexpr bool is_in_order() {
    for (std::size_t i = 0; i < table.size(); ++i)
        if (table[i].kind != static_cast<Kind>(i)) return false;
    return true;
}
static_assert(is_in_order() && table.back().kind == Kind::unlisted_folder, "each kind has its row, in its place");

}  // namespace

std::span<const KindRow> kinds() { return table; }

const KindRow& row_of(Kind kind) { return table[static_cast<std::size_t>(kind)]; }

}  // namespace reelgate::audit
