// Owns the marks by which the kinds of files are told apart, a function for each sort of mark.
// Does not know extensions: content_kind.h does.
// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string_view>

#include "media/content_kind.h"

namespace reelgate::media {

// Each takes the beginning of a file, and returns nothing if it does not begin so.

/// By fixed bytes: Ogg, FLAC, WAV, JPEG, PNG.
std::optional<ContentKind> signature_kind(std::string_view beginning);

/// By the boxes of MP4 and QuickTime, and the brand that the first of them names.
std::optional<ContentKind> boxes_kind(std::string_view beginning);

/// By the DocType of EBML: WebM, Matroska.
std::optional<ContentKind> ebml_kind(std::string_view beginning);

/// By the first line or element of a text in UTF-8: WebVTT, HLS playlists, DASH manifests.
std::optional<ContentKind> text_kind(std::string_view beginning);

/// By the sync byte of every packet of an MPEG transport stream.
std::optional<ContentKind> transport_stream_kind(std::string_view beginning);

/// By an ID3 tag, or by frames of MPEG audio, layer III, that follow each other: MP3. What follows a short tag must be
/// MP3 too, or FLAC.
std::optional<ContentKind> mpeg_audio_kind(std::string_view beginning);

}  // namespace reelgate::media
