// Owns the survey of an MP4 file's top-level boxes (ISO/IEC 14496-12, section 4.2).
// SPDX-License-Identifier: MIT
#include "media/boxes.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "media/box_header.h"
#include "media/bytes.h"

namespace reelgate::media {

namespace {

/// Order of the `moov` and `mdat` boxes seen so far.
class Order {
public:
    void see(std::string_view type) {
        const bool has_neither = seen_ == Seen::nothing || seen_ == Seen::mp4;
        if (type == "ftyp" && seen_ == Seen::nothing) seen_ = Seen::mp4;
        if (type == "moov") seen_ = has_neither ? Seen::moov : seen_ == Seen::mdat ? Seen::mdat_moov : seen_;
        if (type == "mdat") seen_ = has_neither ? Seen::mdat : seen_ == Seen::moov ? Seen::moov_mdat : seen_;
    }

    bool is_mp4() const { return seen_ != Seen::nothing; }

    BoxOrder at_end() const {
        switch (seen_) {
            case Seen::nothing: return BoxOrder::no_mp4;
            case Seen::mp4: case Seen::mdat: return BoxOrder::no_moov;
            case Seen::moov: return BoxOrder::no_mdat;
            case Seen::moov_mdat: return BoxOrder::moov_first;
            case Seen::mdat_moov: break;
        }
        return BoxOrder::moov_last;
    }

    /// Returns the order if more boxes follow.
    BoxOrder in_the_middle() const {
        switch (seen_) {
            case Seen::nothing: return BoxOrder::no_mp4;
            case Seen::mp4: case Seen::mdat: return BoxOrder::undecided;
            case Seen::moov: case Seen::moov_mdat: return BoxOrder::moov_first;
            case Seen::mdat_moov: break;
        }
        return BoxOrder::moov_last;
    }

private:
    enum class Seen {
        nothing,    ///< no box of an MP4
        mp4,        ///< one, and neither moov nor mdat
        moov,       ///< the one, not the other
        mdat,
        moov_mdat,  ///< both, in this order
        mdat_moov,
    };

    Seen seen_ = Seen::nothing;
};

}  // namespace

BoxSurvey survey_boxes(int fd, std::uint64_t length) {
    BoxSurvey survey;
    Order order;
    std::array<char, long_box_header> buffer;
    for (unsigned count = 0; survey.position < length; ++count) {
        if (count == max_boxes) {
            survey.order = order.in_the_middle();
            return survey;
        }
        const std::uint64_t remaining = length - survey.position;
        const std::size_t wanted = std::min<std::uint64_t>(long_box_header, remaining);
        const std::string_view bytes = read_at(fd, survey.position, std::span{buffer}.first(wanted));
        if (count == 0) survey.beginning = bytes.substr(0, short_box_header);
        const auto box = parse_box_header(bytes, remaining);
        if (box) order.see(box->type);
        if (!box || box->size > remaining) {
            survey.order = !order.is_mp4() ? BoxOrder::no_mp4 : box ? BoxOrder::cut_off : BoxOrder::damaged;
            if (box) survey.type = box->type;
            if (box) survey.lacking = box->size - remaining;
            return survey;
        }
        survey.position += box->size;
    }
    survey.order = order.at_end();
    return survey;
}

}  // namespace reelgate::media
