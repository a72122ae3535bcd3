// Owns the form of a JSON string.
// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "http/ascii.h"
#include "http/utf8.h"

namespace reelgate::http {

/// Quotes a text (RFC 8259 §7). Bytes that are not UTF-8 become U+FFFD, the replacement character.
inline std::string json_string(std::string_view text) {
    std::string out = "\"";
    for_each_character(text, [&](std::string_view character, bool is_utf8) {
        const char c = character[0];
        if (!is_utf8) {
            out.append("\xef\xbf\xbd");
        } else if (c == '"' || c == '\\') {
            out.append({'\\', c});
        } else if (static_cast<unsigned char>(c) < 0x20) {
            const auto [high, low] = lower_hex(c);
            out.append({'\\', 'u', '0', '0', high, low});
        } else {
            out.append(character);
        }
    });
    return out + "\"";
}

}  // namespace reelgate::http
