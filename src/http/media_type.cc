// Owns the rules for media types: whether a text can be sent as one (RFC 9110 §8.3.1), and which one a file's name
// implies.
// SPDX-License-Identifier: MIT
#include "http/media_type.h"

#include <algorithm>
#include <array>

#include "http/ascii.h"

namespace reelgate::http {

namespace {

/// tchar (RFC 9110 §5.6.2).
bool is_tchar(char c) {
    const char lower = to_lower(c);
    return is_digit(c) || (lower >= 'a' && lower <= 'z') ||
           std::string_view{"!#$%&'*+-.^_`|~"}.find(c) != std::string_view::npos;
}

/// Type of a file whose name has no extension.
constexpr std::string_view usual_type = "video/mp4";

struct Named {
    std::string_view extension;
    std::string_view type;
};

/// From IANA's registry of media types, each with the document that registers it. The x- types are not registered:
/// players know them from nginx and Debian's mime.types.
constexpr std::array known{
    Named{".mp4", "video/mp4"},       // RFC 4337
    Named{".m4v", "video/mp4"},       // as Debian has it: browsers do not know video/x-m4v
    Named{".mov", "video/quicktime"},  // RFC 6381
    Named{".qt", "video/quicktime"},   // RFC 6381
    Named{".webm", "video/webm"},     // registered by the WebM project
    Named{".weba", "audio/webm"},     // registered by the WebM project
    Named{".mkv", "video/x-matroska"},  // RFC 9559 registers video/matroska, which players do not know yet
    Named{".mk3d", "video/x-matroska"},  // likewise
    Named{".mka", "audio/x-matroska"},   // likewise: audio/matroska
    Named{".ogv", "video/ogg"},       // RFC 5334
    Named{".mpg", "video/mpeg"},      // RFC 2045
    Named{".mpeg", "video/mpeg"},     // RFC 2045
    Named{".3gp", "video/3gpp"},      // RFC 3839
    Named{".3g2", "video/3gpp2"},     // RFC 4393
    Named{".avi", "video/x-msvideo"},
    Named{".flv", "video/x-flv"},
    Named{".wmv", "video/x-ms-wmv"},
    // HTTP live streaming and DASH: playlists and their parts.
    Named{".ts", "video/mp2t"},                        // RFC 3555
    Named{".m2t", "video/mp2t"},                       // RFC 3555
    Named{".mts", "video/mp2t"},                       // RFC 3555
    Named{".m2ts", "video/mp2t"},                      // RFC 3555
    Named{".m3u8", "application/vnd.apple.mpegurl"},   // RFC 8216
    Named{".m3u", "audio/mpegurl"},                    // RFC 8216
    Named{".mpd", "application/dash+xml"},             // ISO/IEC 23009-1
    Named{".m4s", "video/iso.segment"},                // ISO/IEC 23009-1
    Named{".cmfv", "video/mp4"},                       // ISO/IEC 23000-19
    Named{".cmfa", "audio/mp4"},                       // ISO/IEC 23000-19
    Named{".vtt", "text/vtt"},                         // W3C, WebVTT
    Named{".srt", "application/x-subrip"},
    Named{".m4a", "audio/mp4"},   // RFC 4337
    Named{".m4b", "audio/mp4"},   // RFC 4337
    Named{".aac", "audio/aac"},   // ISO/IEC 14496-3, of a stream in ADTS
    Named{".mp3", "audio/mpeg"},  // RFC 3003
    Named{".ogg", "audio/ogg"},   // RFC 5334
    Named{".oga", "audio/ogg"},   // RFC 5334
    Named{".opus", "audio/ogg"},  // RFC 7845
    Named{".flac", "audio/flac"},  // RFC 9639
    Named{".wav", "audio/wav"},   // not registered: what browsers call it; RFC 2361 has audio/vnd.wave
    Named{".jpg", "image/jpeg"},  // RFC 2045
    Named{".jpeg", "image/jpeg"},  // RFC 2045
    Named{".png", "image/png"},    // W3C, Portable Network Graphics
    Named{".webp", "image/webp"},  // RFC 9649
};

const Named* find_known(std::string_view extension) {
    const auto is_meant = [&](const Named& named) { return equal_ignoring_case(named.extension, extension); };
    const auto* const found = std::find_if(known.begin(), known.end(), is_meant);
    return found == known.end() ? nullptr : found;
}

bool is_token(std::string_view text) { return !text.empty() && std::all_of(text.begin(), text.end(), is_tchar); }

}  // namespace

bool is_media_type(std::string_view text) {
    const std::string_view essence = trim_ows(text.substr(0, text.find(';')));
    const auto slash = essence.find('/');
    const auto is_visible = [](char c) { return c >= 0x20 && c < 0x7f; };
    if (slash == std::string_view::npos || !std::all_of(text.begin(), text.end(), is_visible)) return false;
    return is_token(essence.substr(0, slash)) && is_token(essence.substr(slash + 1));
}

std::string_view media_type_for(std::string_view extension) {
    if (extension.empty() || extension == ".") return usual_type;
    const Named* const named = find_known(extension);
    return named ? named->type : "application/octet-stream";
}

bool is_known_extension(std::string_view extension) { return find_known(extension) != nullptr; }

}  // namespace reelgate::http
