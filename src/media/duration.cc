// Owns the length in time of a film or a recording, as its headers tell it.
// SPDX-License-Identifier: MIT
#include "media/duration.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <string_view>

#include "media/box_header.h"
#include "media/bytes.h"
#include "media/ebml.h"

namespace reelgate::media {

namespace {

/// Limit on the places that are read. Usual films need fewer than ten; on a slow disk each may be a seek.
constexpr unsigned max_reads = 60;

/// A part of a file.
struct Span {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;

    std::uint64_t size() const { return end - begin; }
};

/// Returns the part of `whole` that begins at `position` and has `size` bytes, or fewer if it would leave `whole`.
Span part_of(const Span& whole, std::uint64_t position, std::uint64_t size) {
    const std::uint64_t begin = std::min(position, whole.end);
    return {begin, begin + std::min(size, whole.end - begin)};
}

// MP4 and QuickTime: ISO/IEC 14496-12, sections 8.2.2 and 8.8.2

/// Returns the content of the first box of this type in `within`; nothing if there is none, or it comes too late.
std::optional<Span> find_box(BoundedReader& file, const Span& within, std::string_view type) {
    for (std::uint64_t position = within.begin; position < within.end;) {
        const std::uint64_t remaining = within.end - position;
        const std::size_t wanted = std::min<std::uint64_t>(long_box_header, remaining);
        const auto box = parse_box_header(file.at(position, wanted), remaining);
        if (!box) return std::nullopt;
        if (box->type == type) return part_of(within, position + box->length, box->size - box->length);
        if (box->size > remaining) return std::nullopt;
        position += box->size;
    }
    return std::nullopt;
}

/// Where a box has a number that version 1 of the box gives more room.
struct VersionedNumber {
    std::size_t position;       ///< in version 0: 32 bits
    std::size_t long_position;  ///< in version 1: 64 bits

    /// Returns the number; nothing if the content is too short, or the number is not known, which all bits tell.
    std::optional<std::uint64_t> in(std::string_view content) const {
        if (content.empty()) return std::nullopt;
        const bool is_long = content[0] == 1;
        const std::size_t begin = is_long ? long_position : position, size = is_long ? 8 : 4;
        if (content.size() < begin + size) return std::nullopt;
        const std::uint64_t number = big_endian(content.substr(begin), size);
        const std::uint64_t unknown = ~std::uint64_t{0} >> (is_long ? 0 : 32);
        return number == unknown ? std::nullopt : std::optional{number};
    }
};

/// Returns the units in a second, which mvhd has in front of the duration.
std::uint64_t time_scale(std::string_view mvhd) {
    const std::size_t position = !mvhd.empty() && mvhd[0] == 1 ? 20 : 12;
    return mvhd.size() < position + 4 ? 0 : big_endian(mvhd.substr(position), 4);
}

std::optional<double> boxes_duration(BoundedReader& file) {
    constexpr VersionedNumber movie_duration{16, 24}, fragment_duration{4, 4};
    const auto moov = find_box(file, {0, file.length()}, "moov");
    const auto mvhd = moov ? find_box(file, *moov, "mvhd") : std::nullopt;
    if (!mvhd) return std::nullopt;
    const std::string_view header = file.at(mvhd->begin, std::min<std::uint64_t>(mvhd->size(), 32));
    const std::uint64_t scale = time_scale(header);
    auto duration = movie_duration.in(header);
    if (scale == 0) return std::nullopt;
    if (duration.value_or(0) == 0) {
        // Fragments came later than this header; mehd may have been filled in afterwards.
        const auto mvex = find_box(file, *moov, "mvex");
        const auto mehd = mvex ? find_box(file, *mvex, "mehd") : std::nullopt;
        if (!mehd) return std::nullopt;
        duration = fragment_duration.in(file.at(mehd->begin, std::min<std::uint64_t>(mehd->size(), 12)));
    }
    if (!duration) return std::nullopt;
    return static_cast<double>(*duration) / static_cast<double>(scale);
}

// WebM and Matroska: RFC 9559, section 5.1.2

constexpr std::uint32_t segment_id = 0x18538067;
constexpr std::uint32_t info_id = 0x1549a966;
constexpr std::uint32_t time_scale_id = 0x2ad7b1;
constexpr std::uint32_t duration_id = 0x4489;

/// Calls `use` with the id and the content of each element in `within`, until it returns false. One of unknown size
/// reaches to the end.
template <typename Use>
void for_each_element(BoundedReader& file, const Span& within, Use&& use) {
    for (std::uint64_t position = within.begin; position < within.end;) {
        const std::size_t wanted = std::min<std::uint64_t>(max_element_header, within.end - position);
        const auto element = parse_element_header(file.at(position, wanted));
        if (!element) return;
        const Span content = part_of(within, position + element->length, element->size.value_or(within.end));
        if (!use(element->id, content)) return;
        position = content.end;
    }
}

std::optional<Span> find_element(BoundedReader& file, const Span& within, std::uint32_t id) {
    std::optional<Span> found;
    for_each_element(file, within, [&](std::uint32_t element, const Span& content) {
        if (element == id) found = content;
        return !found;
    });
    return found;
}

/// Returns a number of 4 or 8 bytes (RFC 8794 §7.3).
std::optional<double> floating_point(std::string_view bytes) {
    if (bytes.size() == 4) return std::bit_cast<float>(static_cast<std::uint32_t>(big_endian(bytes, 4)));
    if (bytes.size() == 8) return std::bit_cast<double>(big_endian(bytes, 8));
    return std::nullopt;
}

std::optional<double> elements_duration(BoundedReader& file) {
    const auto segment = find_element(file, {0, file.length()}, segment_id);
    const auto info = segment ? find_element(file, *segment, info_id) : std::nullopt;
    if (!info) return std::nullopt;
    std::uint64_t nanoseconds = 1'000'000;  // in a unit, unless the file says otherwise
    std::optional<double> duration;
    for_each_element(file, *info, [&](std::uint32_t id, const Span& content) {
        const bool is_number = content.size() <= 8;
        if (id == time_scale_id && is_number) {
            const std::string_view bytes = file.at(content.begin, content.size());
            nanoseconds = big_endian(bytes, bytes.size());
        }
        if (id == duration_id && is_number) duration = floating_point(file.at(content.begin, content.size()));
        return true;
    });
    if (!duration) return std::nullopt;
    return *duration * static_cast<double>(nanoseconds) / 1e9;
}

// WAV: RIFF chunks, whose sizes are little-endian

std::optional<double> wav_duration(BoundedReader& file) {
    constexpr std::size_t chunk_header = 8;
    std::uint64_t bytes_per_second = 0;
    for (std::uint64_t position = 12; position < file.length();) {
        const std::string_view header = file.at(position, chunk_header);
        if (header.size() < chunk_header) return std::nullopt;
        const bool is_format = header.starts_with("fmt "), is_content = header.starts_with("data");
        const std::uint64_t size = little_endian(header.substr(4), 4);
        position += chunk_header;
        if (is_content) {
            if (bytes_per_second == 0) return std::nullopt;
            // A recorder that could not go back to its header has left 0 or the largest size there.
            const std::uint64_t left = file.length() - std::min(position, file.length());
            const std::uint64_t content = size == 0 ? left : std::min(size, left);
            return static_cast<double>(content) / static_cast<double>(bytes_per_second);
        }
        if (is_format) {
            const std::string_view rate = file.at(position + 8, 4);
            if (rate.size() < 4) return std::nullopt;
            bytes_per_second = little_endian(rate, 4);
        }
        position += size + size % 2;  // chunks begin at even places
    }
    return std::nullopt;
}

// FLAC: RFC 9639 §8.2: 20 bits of sample rate, 8 of channels and depth, 36 of samples

std::optional<double> flac_duration(BoundedReader& file) {
    constexpr std::size_t position = 18, size = 8;
    const std::string_view beginning = file.at(0, position + size);
    // A tag of ID3 may stand in front of it: then it is somewhere else.
    if (beginning.size() < position + size || !beginning.starts_with("fLaC")) return std::nullopt;
    const std::uint64_t bits = big_endian(beginning.substr(position), size);
    const std::uint64_t rate = bits >> 44, samples = bits & ((std::uint64_t{1} << 36) - 1);
    if (rate == 0) return std::nullopt;
    return static_cast<double>(samples) / static_cast<double>(rate);
}

std::optional<double> told_duration(BoundedReader& file, ContentKind kind) {
    switch (kind) {
        case ContentKind::mp4: case ContentKind::m4a: case ContentKind::mov: return boxes_duration(file);
        case ContentKind::webm: case ContentKind::matroska: return elements_duration(file);
        case ContentKind::wav: return wav_duration(file);
        case ContentKind::flac: return flac_duration(file);
        default: return std::nullopt;
    }
}

}  // namespace

std::optional<double> duration_of(int fd, std::uint64_t length, ContentKind kind) {
    BoundedReader file{fd, length, max_reads};
    const auto seconds = told_duration(file, kind);
    return seconds && std::isfinite(*seconds) && *seconds > 0 ? seconds : std::nullopt;
}

}  // namespace reelgate::media
