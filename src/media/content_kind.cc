// Owns what a file is by its content, and which extensions fit that.
// SPDX-License-Identifier: MIT
#include "media/content_kind.h"

#include <algorithm>
#include <array>

#include "http/ascii.h"
#include "media/bytes.h"
#include "media/signatures.h"

namespace reelgate::media {

namespace {

/// Extensions of the kind with the most of them.
constexpr std::size_t max_extensions = 8;

struct KindRow {
    ContentKind kind;
    std::string_view name;
    std::array<std::string_view, max_extensions> extensions;  ///< that fit: the usual one first
};

/// In the order of the enum. Where the same boxes or pages carry films and sound, the extensions of both fit: it says
/// which of them the file is. An MP4 is not renamed for a QuickTime film, which more browsers play as video/mp4.
constexpr std::array kinds{
    KindRow{ContentKind::mp4, "MP4", {".mp4", ".m4v", ".m4s", ".m4a", ".3gp", ".3g2", ".cmfv", ".cmfa"}},
    KindRow{ContentKind::m4a, "M4A", {".m4a", ".m4b", ".m4s", ".mp4"}},
    KindRow{ContentKind::mov, "QuickTime", {".mov", ".qt", ".mp4", ".m4v"}},
    KindRow{ContentKind::webm, "WebM", {".webm", ".weba"}},
    KindRow{ContentKind::matroska, "Matroska", {".mkv", ".mka", ".mk3d"}},
    KindRow{ContentKind::ogg, "Ogg", {".ogg", ".ogv", ".oga", ".opus"}},
    KindRow{ContentKind::mpeg_ts, "MPEG transport stream", {".ts", ".m2ts", ".mts", ".m2t"}},
    KindRow{ContentKind::mp3, "MP3", {".mp3"}},
    KindRow{ContentKind::flac, "FLAC", {".flac"}},
    KindRow{ContentKind::wav, "WAV", {".wav"}},
    KindRow{ContentKind::jpeg, "JPEG", {".jpg", ".jpeg"}},
    KindRow{ContentKind::png, "PNG", {".png"}},
    KindRow{ContentKind::webvtt, "WebVTT", {".vtt"}},
    KindRow{ContentKind::hls_list, "HLS playlist", {".m3u8", ".m3u"}},
    KindRow{ContentKind::dash_list, "DASH manifest", {".mpd"}},
};

static_assert([] {
    for (std::size_t i = 0; i < kinds.size(); ++i)
        if (static_cast<std::size_t>(kinds[i].kind) != i) return false;
    return true;
}(), "a kind's row is not at its place");

const KindRow& row_of(ContentKind kind) { return kinds[static_cast<std::size_t>(kind)]; }

std::string in_small_letters(std::string_view text) {
    std::string small{text};
    std::transform(small.begin(), small.end(), small.begin(), http::to_lower);
    return small;
}

}  // namespace

std::optional<ContentKind> kind_of(std::string_view beginning) {
    using Recognise = std::optional<ContentKind> (*)(std::string_view);
    // Signatures first, then texts, then what is told by patterns alone.
    constexpr Recognise recognisers[] = {signature_kind, boxes_kind, ebml_kind, text_kind, transport_stream_kind,
                                         mpeg_audio_kind};
    for (const Recognise recognise : recognisers)
        if (const auto kind = recognise(beginning)) return kind;
    return std::nullopt;
}

std::optional<ContentKind> kind_of(int fd) {
    std::array<char, max_beginning> buffer;
    return kind_of(read_at(fd, 0, buffer));
}

std::string_view name_of(ContentKind kind) { return row_of(kind).name; }

std::string extension_for(ContentKind kind, std::string_view own_extension) {
    const auto& extensions = row_of(kind).extensions;
    std::string own = in_small_letters(own_extension);
    const bool fits = !own.empty() && std::find(extensions.begin(), extensions.end(), own) != extensions.end();
    return fits ? own : std::string{extensions.front()};
}

}  // namespace reelgate::media
