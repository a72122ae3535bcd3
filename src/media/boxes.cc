// Owns the survey of an MP4 file's top-level boxes (ISO/IEC 14496-12, section 4.2).
// SPDX-License-Identifier: MIT
#include "media/boxes.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "posix/failure.h"

namespace reelgate::media {

namespace {

/// A header has size (32 bits) and type; if size is 1, a largesize of 64 bits follows.
constexpr std::size_t short_header = 8;
constexpr std::size_t long_header = 16;

constexpr std::uint32_t size_to_end = 0;
constexpr std::uint32_t size_is_large = 1;

using HeaderBytes = std::array<unsigned char, long_header>;

struct Box {
    std::string type;
    std::uint64_t size = 0;  ///< including its header
};

/// Reads `count` bytes, fewer at the end of the file. Returns the number read.
std::size_t read_at(int fd, std::uint64_t position, std::size_t count, HeaderBytes& bytes) {
    std::size_t done = 0;
    while (done < count) {
        const ssize_t n = pread(fd, bytes.data() + done, count - done, static_cast<off_t>(position + done));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) posix::throw_errno("read-box", messages::Number{position + done});
        if (n == 0) break;
        done += static_cast<std::size_t>(n);
    }
    return done;
}

std::uint64_t big_endian(const HeaderBytes& bytes, std::size_t first, std::size_t count) {
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < count; ++i) number = number << 8 | bytes[first + i];
    return number;
}

/// Returns whether a type is plausible. Registered types are printable; some of Apple's begin with the copyright sign
/// of Mac Roman.
bool is_type(std::string_view type) {
    return std::all_of(type.begin(), type.end(),
                       [](char c) { return (c >= 0x20 && c < 0x7f) || static_cast<unsigned char>(c) == 0xa9; });
}

/// Parses the first `count` bytes of a header, `remaining` bytes before the end of the file. Returns nothing if they do
/// not begin a box.
std::optional<Box> parse_header(const HeaderBytes& bytes, std::size_t count, std::uint64_t remaining) {
    if (count < short_header) return std::nullopt;
    Box box{{bytes.begin() + 4, bytes.begin() + 8}, big_endian(bytes, 0, 4)};
    if (!is_type(box.type)) return std::nullopt;
    if (box.size == size_to_end) {
        box.size = remaining;
    } else if (box.size == size_is_large) {
        // A header that the end of the file truncates still has its type.
        box.size = count < long_header ? long_header : big_endian(bytes, 8, 8);
        if (box.size < long_header) return std::nullopt;
    } else if (box.size < short_header) {
        return std::nullopt;
    }
    return box;
}

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
    HeaderBytes bytes{};
    for (unsigned count = 0; survey.position < length; ++count) {
        if (count == max_boxes) {
            survey.order = order.in_the_middle();
            return survey;
        }
        const std::uint64_t remaining = length - survey.position;
        const std::size_t wanted = std::min<std::uint64_t>(long_header, remaining);
        const std::size_t got = read_at(fd, survey.position, wanted, bytes);
        if (count == 0) survey.beginning.assign(bytes.begin(), bytes.begin() + std::min(got, short_header));
        const auto box = parse_header(bytes, got, remaining);
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
