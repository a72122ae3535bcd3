// Owns the length in time of a film or a recording, as its headers tell it.
// Does not decode, and does not check that the content is as long as they say.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>

#include "media/content_kind.h"

namespace reelgate::media {

/// Returns the seconds that a file of `length` bytes plays, above 0; nothing if its headers do not tell, or are
/// damaged, or are of a kind that has none. MP4, QuickTime, WebM, Matroska, WAV and FLAC have them. Reads a few dozen
/// places of the file at most, whatever is in it. Throws posix::FailureError if it cannot be read.
std::optional<double> duration_of(int fd, std::uint64_t length, ContentKind kind);

}  // namespace reelgate::media
