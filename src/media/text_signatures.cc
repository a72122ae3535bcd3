// Owns the marks of texts: subtitles, and lists of streams.
// SPDX-License-Identifier: MIT
#include "media/signatures.h"

namespace reelgate::media {

namespace {

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
constexpr std::string_view blanks = " \t\r\n";

/// Returns whether `text` is `word`, followed by its end or by one of `ends`.
bool begins_with_word(std::string_view text, std::string_view word, std::string_view ends) {
    return text.starts_with(word) &&
           (text.size() == word.size() || ends.find(text[word.size()]) != std::string_view::npos);
}

/// W3C, WebVTT, section 4.1.
bool is_webvtt(std::string_view text) { return begins_with_word(text, "WEBVTT", blanks); }

/// RFC 8216 §4.3.1.1. What follows on that line, but for blanks, makes it another sort of list.
bool is_hls_list(std::string_view text) {
    constexpr std::string_view tag = "#EXTM3U";
    if (!begins_with_word(text, tag, blanks)) return false;
    text.remove_prefix(tag.size());
    const auto after = text.find_first_not_of(" \t");
    return after == std::string_view::npos || text[after] == '\r' || text[after] == '\n';
}

/// Removes what begins with `open` and ends with `close` from the front of `text`. Returns whether it was there, whole.
bool remove_markup(std::string_view& text, std::string_view open, std::string_view close) {
    if (!text.starts_with(open)) return false;
    const auto end = text.find(close, open.size());
    if (end == std::string_view::npos) return false;
    text.remove_prefix(end + close.size());
    return true;
}

/// Returns the name of the root element, without the prefix of its namespace; empty if there is none (W3C, Extensible
/// Markup Language, sections 2.1, 2.8).
std::string_view root_element(std::string_view text) {
    while (true) {
        const auto first = text.find_first_not_of(blanks);
        if (first == std::string_view::npos) return {};
        text.remove_prefix(first);
        if (!remove_markup(text, "<?", "?>") && !remove_markup(text, "<!--", "-->")) break;
    }
    if (!text.starts_with('<')) return {};
    text.remove_prefix(1);
    const auto end = text.find_first_of(" \t\r\n/>");
    if (end == std::string_view::npos) return {};
    const std::string_view name = text.substr(0, end);
    const auto colon = name.find(':');
    return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

}  // namespace

std::optional<ContentKind> text_kind(std::string_view beginning) {
    if (beginning.starts_with(byte_order_mark)) beginning.remove_prefix(byte_order_mark.size());
    if (is_webvtt(beginning)) return ContentKind::webvtt;
    if (is_hls_list(beginning)) return ContentKind::hls_list;
    // ISO/IEC 23009-1, section 5.3.1.
    if (root_element(beginning) == "MPD") return ContentKind::dash_list;
    return std::nullopt;
}

}  // namespace reelgate::media
