// Owns the marks of files that have one in a fixed place, in a box or in an element.
// SPDX-License-Identifier: MIT
#include "media/signatures.h"

#include <algorithm>
#include <array>

#include "media/box_header.h"
#include "media/ebml.h"

namespace reelgate::media {

namespace {

using namespace std::string_view_literals;

/// Returns the part of `text` from `position` on; empty beyond its end.
std::string_view from(std::string_view text, std::size_t position) {
    return position < text.size() ? text.substr(position) : std::string_view{};
}

template <std::size_t count>
bool is_one_of(std::string_view text, const std::array<std::string_view, count>& list) {
    return std::find(list.begin(), list.end(), text) != list.end();
}

/// Brands of ftyp that are Apple's for sound: music, audio books, protected music.
constexpr std::array sound_brands{"M4A "sv, "M4B "sv, "M4P "sv};

/// Brands of pictures in the same boxes: HEIF, AVIF, Canon's raw pictures.
constexpr std::array picture_brands{"mif1"sv, "msf1"sv, "heic"sv, "heix"sv, "heim"sv, "heis"sv,
                                    "hevc"sv, "hevx"sv, "avif"sv, "avis"sv, "crx "sv};

/// First boxes of QuickTime films older than ftyp.
constexpr std::array film_boxes{"moov"sv, "mdat"sv};

/// Boxes that mean nothing by themselves, and may stand before others. None is as large as a size that is text: "I'm
/// free" is no box.
constexpr std::array filling_boxes{"wide"sv, "free"sv, "skip"sv};
constexpr std::uint64_t max_filling = std::uint64_t{1} << 24;

/// Boxes by which a segment of a fragmented MP4 begins (ISO/IEC 14496-12, section 8.16; ISO/IEC 23009-1).
constexpr std::array segment_boxes{"styp"sv, "moof"sv, "sidx"sv, "ssix"sv, "emsg"sv, "prft"sv};

std::optional<ContentKind> brand_kind(std::string_view brand) {
    if (brand.size() < 4 || is_one_of(brand, picture_brands)) return std::nullopt;
    return brand == "qt  " ? ContentKind::mov : is_one_of(brand, sound_brands) ? ContentKind::m4a : ContentKind::mp4;
}

}  // namespace

std::optional<ContentKind> signature_kind(std::string_view beginning) {
    // RFC 3533 §6: the capture pattern, and version 0.
    if (beginning.starts_with("OggS\0"sv)) return ContentKind::ogg;
    // RFC 9639 §6, §8.1: STREAMINFO comes first, and has 34 bytes; the first bit says whether it is the last block.
    if (beginning.starts_with("fLaC\0\0\0\x22"sv) || beginning.starts_with("fLaC\x80\0\0\x22"sv))
        return ContentKind::flac;
    if (beginning.starts_with("RIFF") && from(beginning, 8).starts_with("WAVE")) return ContentKind::wav;
    // ITU-T T.81, section B.1: SOI, and another marker after it.
    if (beginning.starts_with("\xff\xd8\xff")) return ContentKind::jpeg;
    // W3C, Portable Network Graphics, section 5.2.
    if (beginning.starts_with("\x89PNG\r\n\x1a\n")) return ContentKind::png;
    return std::nullopt;
}

std::optional<ContentKind> boxes_kind(std::string_view beginning) {
    bool is_filled = false;
    while (!beginning.empty()) {
        const auto box = parse_box_header(beginning, beginning.size());
        if (!box) return std::nullopt;
        const std::string_view content = from(beginning, box->length);
        if (box->type == "ftyp") return brand_kind(content.substr(0, 4));
        if (is_one_of(box->type, segment_boxes)) return ContentKind::mp4;
        if (is_one_of(box->type, film_boxes)) return ContentKind::mov;
        if (!is_one_of(box->type, filling_boxes) || box->size > max_filling) return std::nullopt;
        is_filled = true;
        if (box->size >= beginning.size()) break;
        beginning.remove_prefix(box->size);
    }
    return is_filled ? std::optional{ContentKind::mov} : std::nullopt;
}

std::optional<ContentKind> ebml_kind(std::string_view beginning) {
    const auto header = parse_element_header(beginning);
    if (!header || header->id != ebml_id::header || !header->size) return std::nullopt;
    std::string_view content = from(beginning, header->length);
    content = content.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(*header->size, content.size())));
    while (const auto element = parse_element_header(content)) {
        content.remove_prefix(element->length);
        if (!element->size || *element->size > content.size()) return std::nullopt;
        const auto size = static_cast<std::size_t>(*element->size);
        if (element->id == ebml_id::doc_type) {
            // A string may be filled up with zeros (RFC 8794 §7.4).
            const std::string_view value = content.substr(0, size);
            const std::string_view doc_type = value.substr(0, value.find('\0'));
            if (doc_type == "webm") return ContentKind::webm;
            if (doc_type == "matroska") return ContentKind::matroska;
            return std::nullopt;
        }
        content.remove_prefix(size);
    }
    return std::nullopt;
}

}  // namespace reelgate::media
