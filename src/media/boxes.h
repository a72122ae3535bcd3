// Owns the survey of an MP4 file's top-level boxes (ISO/IEC 14496-12, section 4.2): where `moov` is, and whether the
// file is complete.
// Does not look into boxes, and does not judge whether the content plays.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

namespace reelgate::media {

/// Order of the boxes in a file. Damage and truncation take precedence over missing boxes, and those over the order.
enum class BoxOrder {
    moov_first,  ///< a player can start with the beginning of the file
    moov_last,   ///< `moov` behind `mdat`: a player must fetch the end of the file first
    no_moov,     ///< whole boxes, but none that describes the content
    no_mdat,     ///< whole boxes, but no content
    cut_off,     ///< a box reaches past the end of the file
    damaged,     ///< no valid box begins where one should
    no_mp4,      ///< no ftyp, moov or mdat at all
    undecided,   ///< no `moov` among the first max_boxes boxes
};

/// Result of a survey, up to the box that decided it.
struct BoxSurvey {
    BoxOrder order = BoxOrder::no_mp4;
    std::uint64_t position = 0;  ///< where the truncated box begins, or where a box is missing
    std::string type;            ///< of the truncated box: four printable characters
    std::uint64_t lacking = 0;   ///< bytes missing from it
    std::string beginning;       ///< up to eight bytes from the beginning of the file, unchanged
};

/// Limit on the boxes that are read. Usual films have fewer than ten. Fragmented ones have thousands, each a disk seek
/// away from the last, and their faults show in the first ones, except a missing end.
inline constexpr unsigned max_boxes = 1000;

/// Surveys `length` bytes of a file by reading the headers of its boxes. The work is bounded, even for hostile headers.
/// Throws posix::FailureError if the file cannot be read.
BoxSurvey survey_boxes(int fd, std::uint64_t length);

}  // namespace reelgate::media
