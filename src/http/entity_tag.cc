// Owns the entity tag (RFC 9110 §8.8.3).
// SPDX-License-Identifier: MIT
#include "http/entity_tag.h"

#include <array>
#include <charconv>

namespace reelgate::http {

namespace {

void append_hex(std::string& out, std::uint64_t value) {
    std::array<char, 16> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, 16).ptr;
    out.append(digits.data(), end);
}

}  // namespace

std::string format_entity_tag(const EntityTag& tag) {
    std::string out;
    out.reserve(tag.opaque.size() + 4);
    out.append(tag.weak ? "W/\"" : "\"").append(tag.opaque).append("\"");
    return out;
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
