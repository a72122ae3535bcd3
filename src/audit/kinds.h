// Owns the kinds of findings: what each is called, how bad it is, what it means, and what to do about it.
// Does not find anything. The lists in README.md and man/reelgate.8 are made from its table by scripts/generate.
// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string_view>

namespace reelgate::audit {

/// Kinds of findings, in the order of a report.
enum class Kind {
    missing_right,
    unfinished,
    unreachable_id,
    unmatched_id,
    no_file,
    refused_file,
    unreadable_file,
    empty_file,
    cut_off,
    damaged,
    no_mp4,
    moov_last,
    still_changing,
    no_row,
    leftover,
    unlisted_folder,
};

enum class Severity {
    error,    ///< some viewers are not served
    warning,  ///< some viewers are served badly, or space is wasted
};

/// What a kind is. A command or a name is between grave accents.
struct KindRow {
    Kind kind;
    Severity severity;
    std::string_view name;
    std::string_view meaning;
    std::string_view remedy;  ///< of a finding that has no better one of its own
};

/// Returns all kinds, in their order.
std::span<const KindRow> kinds();

const KindRow& row_of(Kind kind);

}  // namespace reelgate::audit
