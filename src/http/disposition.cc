// Owns the name by which a video is saved: made of a title, and sent in Content-Disposition (RFC 6266).
// SPDX-License-Identifier: MIT
#include "http/disposition.h"

#include <algorithm>

#include "http/ascii.h"
#include "http/target.h"
#include "http/utf8.h"

namespace reelgate::http {

namespace {

bool is_hex_digit(char c) { return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'f'); }

/// Returns whether a character is not to be seen: a control character, a separator of lines, or one that reverses the
/// order of those after it, so that a name seems to end with another extension.
bool is_hidden(std::string_view character) {
    const auto between = [character](std::string_view first, std::string_view last) {
        return character.size() == first.size() && character >= first && character <= last;
    };
    return is_control(character[0]) || between("\xc2\x80", "\xc2\x9f") ||              // C0 and C1
           between("\xe2\x80\xa8", "\xe2\x80\xae") || between("\xe2\x81\xa6", "\xe2\x81\xa9");  // U+2028-E, U+2066-9
}

std::string without_path(std::string_view title) {
    std::string name;
    for_each_character(title, [&](std::string_view character, bool is_valid) {
        const bool is_separator = character == "/" || character == "\\";
        if (!is_valid || is_separator || is_hidden(character))
            name.push_back('_');
        else
            name.append(character);
    });
    for (std::size_t i = 0; i < name.size() && name[i] == '.'; ++i) name[i] = '_';
    return name;
}

/// Returns as many whole characters from the beginning of `text` as `max` bytes have room for.
std::string_view cut(std::string_view text, std::size_t max) {
    std::size_t length = 0;
    for_each_character(text, [&, is_full = false](std::string_view character, bool) mutable {
        is_full = is_full || length + character.size() > max;
        if (!is_full) length += character.size();
    });
    return text.substr(0, length);
}

bool ends_with_ignoring_case(std::string_view text, std::string_view end) {
    return text.size() >= end.size() && equal_ignoring_case(text.substr(text.size() - end.size()), end);
}

/// Makes the form that old clients know: ASCII. Clients differ in what they do about a backslash, and about a percent
/// sign that could begin an encoded byte (RFC 6266, appendix D), so neither is sent, nor what would need them.
std::string ascii_form(std::string_view name) {
    std::string text;
    for_each_character(name, [&](std::string_view character, bool) {
        const char c = character[0];
        const std::size_t next = static_cast<std::size_t>(character.data() - name.data()) + 1;
        const bool is_escape =
            c == '%' && name.size() >= next + 2 && is_hex_digit(name[next]) && is_hex_digit(name[next + 1]);
        const bool is_plain = static_cast<unsigned char>(c) < 0x80 && !is_control(c) && c != '"' && c != '\\';
        text.push_back(is_plain && !is_escape ? c : '_');
    });
    return text;
}

}  // namespace

bool is_title(std::string_view title) { return is_utf8(title) && !trim_ows(title).empty(); }

std::string file_name_of(std::string_view title, std::string_view extension) {
    const std::string whole = without_path(trim_ows(title));
    std::string_view stem = whole, end = extension;
    if (!extension.empty() && ends_with_ignoring_case(whole, extension)) {
        stem.remove_suffix(extension.size());
        end = std::string_view{whole}.substr(stem.size());
    }
    return std::string{cut(stem, max_file_name - std::min(end.size(), max_file_name))}.append(end);
}

std::string attachment(std::string_view name) {
    // Both forms (RFC 6266 §4.3). The second encodes all but the unreserved characters, which is more than RFC 8187
    // §3.2.1 asks for, and what encode_path does where there is no "/".
    return "attachment; filename=\"" + ascii_form(name) + "\"; filename*=UTF-8''" + encode_path(name);
}

}  // namespace reelgate::http
