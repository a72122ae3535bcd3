// Owns the rules for media types: whether a text can be sent as one (RFC 9110 §8.3.1), and which one a file's name
// implies.
// Does not look into files.
// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace reelgate::http {

/// Returns whether `text` is type "/" subtype, with or without parameters, in visible ASCII. Does not check the grammar
/// of the parameters, but ensures that the text cannot end its header field.
bool is_media_type(std::string_view text);

/// Returns the media type for the extension of a file's name, which begins with the dot, in any case. Without an
/// extension it is video/mp4. For an unknown one it is application/octet-stream: players look into such a file, where a
/// wrong type would mislead them.
std::string_view media_type_for(std::string_view extension);

/// Returns whether the extension, in any case, implies a media type of its own.
bool is_known_extension(std::string_view extension);

}  // namespace reelgate::http
