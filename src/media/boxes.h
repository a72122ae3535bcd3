// Owns what the top-level boxes of an MP4 file say about it (ISO/IEC 14496-12, section 4.2): where `moov` stands, and
// whether the file is all there.
// Does not look into a box, read content, or judge what is played.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

namespace reelgate::media {

/// How the boxes of a file follow one another. The first that holds of: damaged or cut off, incomplete, in order.
enum class BoxOrder {
    moov_first,  ///< a player can begin as soon as it has the beginning of the file
    moov_last,   ///< `moov` behind `mdat`: a player has to fetch the end of the file first
    no_moov,     ///< whole boxes, but none says what the content is
    no_mdat,     ///< whole boxes, but no content
    cut_off,     ///< a box reaches past the end of the file
    damaged,     ///< there is a place where a box should begin and none does
    no_mp4,      ///< no ftyp, moov or mdat at all
    undecided,   ///< no `moov` among the first max_boxes boxes
};

/// What was seen, up to the box that decided.
struct BoxSurvey {
    BoxOrder order = BoxOrder::no_mp4;
    std::uint64_t position = 0;  ///< where the box that is cut off begins, or where none does
    std::string type;            ///< of the box that is cut off: four printable characters
    std::uint64_t lacking = 0;   ///< bytes that it lacks
    std::string beginning;       ///< up to eight bytes from the beginning of the file, as they are
};

/// How many boxes are looked at. Usual films have less than ten; fragmented ones have thousands, each a disk's seek
/// away from the last, and what is wrong with those shows in the first ones, but for a missing end.
inline constexpr unsigned max_boxes = 1000;

/// Surveys `length` bytes of a file, by reading the headers of its boxes. Does a bounded amount of work whatever they
/// say. Throws std::system_error when the file cannot be read.
BoxSurvey survey_boxes(int fd, std::uint64_t length);

}  // namespace reelgate::media
