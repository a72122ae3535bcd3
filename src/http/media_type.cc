// Owns the one rule about media types that we need: whether a text can be sent as one (RFC 9110 §8.3.1).
// SPDX-License-Identifier: MIT
#include "http/media_type.h"

#include <algorithm>

#include "http/ascii.h"

namespace reelgate::http {

namespace {

/// tchar (RFC 9110 §5.6.2).
bool is_tchar(char c) {
    const char lower = to_lower(c);
    return is_digit(c) || (lower >= 'a' && lower <= 'z') ||
           std::string_view{"!#$%&'*+-.^_`|~"}.find(c) != std::string_view::npos;
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

}  // namespace reelgate::http
