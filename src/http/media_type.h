// Owns the one rule about media types that we need: whether a text can be sent as one (RFC 9110 §8.3.1).
// Does not know which types there are.
// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace reelgate::http {

/// Tells whether `text` is type "/" subtype, with parameters or without, in visible ASCII. The parameters' own grammar
/// is left to whoever wrote them; that a text ends the field it stands in is not.
bool is_media_type(std::string_view text);

}  // namespace reelgate::http
