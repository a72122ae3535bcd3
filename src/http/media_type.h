// Owns what we need to know of media types: whether a text can be sent as one (RFC 9110 §8.3.1), and which one goes
// with a file's name.
// Does not look into files.
// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace reelgate::http {

/// Tells whether `text` is type "/" subtype, with parameters or without, in visible ASCII. The parameters' own grammar
/// is left to whoever wrote them; that a text ends the field it stands in is not.
bool is_media_type(std::string_view text);

/// Gives the media type of a file by the extension of its name, which begins with the dot, in letters of either case.
/// A name without one says nothing, and what is stored here is video/mp4 then. An extension that says something unknown
/// is application/octet-stream: players look into that, where a wrong type would mislead them.
std::string_view media_type_for(std::string_view extension);

}  // namespace reelgate::http
