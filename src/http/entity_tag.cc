// Owns the entity tag (RFC 9110 §8.8.3).
// SPDX-License-Identifier: MIT
#include "http/entity_tag.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "http/ascii.h"

namespace reelgate::http {

namespace {

void append_hex(std::string& out, std::uint64_t value) {
    std::array<char, 16> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, 16).ptr;
    out.append(digits.data(), end);
}

/// etagc = %x21 / %x23-7E / obs-text (RFC 9110 §8.8.3).
bool is_etagc(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == 0x21 || (byte >= 0x23 && byte <= 0x7e) || byte >= 0x80;
}

/// entity-tag = [ weak ] opaque-tag; taken from the front of `text`. "W/" is case-sensitive.
std::optional<EntityTag> take_entity_tag(std::string_view& text) {
    const bool weak = text.starts_with("W/");
    std::string_view rest = text.substr(weak ? 2 : 0);
    if (!rest.starts_with('"')) return std::nullopt;
    rest.remove_prefix(1);
    const auto length = static_cast<std::size_t>(std::find_if_not(rest.begin(), rest.end(), is_etagc) - rest.begin());
    if (length == rest.size() || rest[length] != '"') return std::nullopt;
    text = rest.substr(length + 1);
    return EntityTag{std::string{rest.substr(0, length)}, weak};
}

}  // namespace

std::string format_entity_tag(const EntityTag& tag) {
    std::string out;
    out.reserve(tag.opaque.size() + 4);
    out.append(tag.weak ? "W/\"" : "\"").append(tag.opaque).append("\"");
    return out;
}

std::optional<EntityTag> parse_entity_tag(std::string_view text) {
    auto tag = take_entity_tag(text);
    if (!text.empty()) return std::nullopt;
    return tag;
}

std::optional<EntityTag> entity_tag_of(std::string_view opaque) {
    if (!std::all_of(opaque.begin(), opaque.end(), is_etagc)) return std::nullopt;
    return EntityTag{std::string{opaque}, false};
}

std::optional<EntityTag> strong_tag_of(std::string_view text) {
    const bool is_quoted = text.starts_with('"') || text.starts_with("W/");
    auto tag = is_quoted ? parse_entity_tag(text) : entity_tag_of(text);
    if (tag && tag->weak) return std::nullopt;
    return tag;
}

bool matches_strongly(const EntityTag& a, const EntityTag& b) { return !a.weak && !b.weak && a.opaque == b.opaque; }

bool matches_weakly(const EntityTag& a, const EntityTag& b) { return a.opaque == b.opaque; }

bool list_matches(std::string_view field_value, const EntityTag& tag, Comparison matches) {
    if (field_value == "*") return true;
    std::string_view rest = field_value;
    while (true) {
        // Empty members and white space around commas are skipped (§5.6.1.2).
        rest.remove_prefix(std::min(rest.find_first_not_of(", \t"), rest.size()));
        const auto member = take_entity_tag(rest);
        rest = trim_ows(rest);
        const bool is_whole = rest.empty() || rest.starts_with(',');
        if (!member || !is_whole) return false;
        if (matches(*member, tag)) return true;
    }
}

EntityTag default_entity_tag(Time last_modified, std::uint64_t complete_length) {
    EntityTag tag;
    tag.opaque.reserve(33);
    append_hex(tag.opaque, static_cast<std::uint64_t>(last_modified.time_since_epoch().count()));
    tag.opaque.push_back('-');
    append_hex(tag.opaque, complete_length);
    return tag;
}

}  // namespace reelgate::http
