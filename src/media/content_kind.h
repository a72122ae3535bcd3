// Owns what a file is by its content, and which extensions fit that.
// Does not judge whether it plays, and does not trust its name.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace reelgate::media {

/// What players and browsers take from a video server: films, sound, pictures, subtitles, lists of streams.
enum class ContentKind {
    mp4,
    m4a,
    mov,
    webm,
    matroska,
    ogg,
    mpeg_ts,
    mp3,
    flac,
    wav,
    jpeg,
    png,
    webvtt,
    hls_list,
    dash_list,
};

/// Bytes from the beginning of a file that tell its kind: a manifest may have a long comment before its root element.
inline constexpr std::size_t max_beginning = 4096;

/// Returns what a file is that begins so; nothing if it is none of the kinds. `beginning` has max_beginning bytes, or
/// the whole of a shorter file.
std::optional<ContentKind> kind_of(std::string_view beginning);

/// Returns what the file is, by its first bytes. Throws posix::FailureError if it cannot be read.
std::optional<ContentKind> kind_of(int fd);

/// Returns the name of a kind for people.
std::string_view name_of(ContentKind kind);

/// Returns the extension, with its dot and in small letters, for the name of a file of this kind: its own, in any case,
/// if that fits the kind, or else the usual one.
std::string extension_for(ContentKind kind, std::string_view own_extension);

}  // namespace reelgate::media
