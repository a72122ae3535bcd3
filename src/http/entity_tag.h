// Owns the entity tag (RFC 9110 §8.8.3).
// Does not look at files: the default tag is computed from numbers.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "http/date.h"

namespace reelgate::http {

/// A validator that the recipient can only compare.
struct EntityTag {
    std::string opaque;  ///< opaque-tag without its quotation marks
    bool weak = false;   ///< W/ stood before it

    bool operator==(const EntityTag&) const = default;
};

/// Formats a field value: the quotation marks always, W/ where weak.
std::string format_entity_tag(const EntityTag& tag);

/// Parses a field value that is one entity-tag and nothing else.
std::optional<EntityTag> parse_entity_tag(std::string_view text);

/// Makes the strong tag of an opaque-tag's inside that somebody else chose; nothing where a character is in it that
/// may not be.
std::optional<EntityTag> entity_tag_of(std::string_view opaque);

using Comparison = bool (*)(const EntityTag&, const EntityTag&);

/// Strong comparison: neither is weak, and the opaque-tags are the same octet by octet (RFC 9110 §8.8.3.2).
bool matches_strongly(const EntityTag& a, const EntityTag& b);

/// Weak comparison: the opaque-tags are the same (RFC 9110 §8.8.3.2).
bool matches_weakly(const EntityTag& a, const EntityTag& b);

/// Tells whether the value of If-Match or If-None-Match, "*" or a list, holds a tag that `matches` finds to be the same
/// as `tag`. "*" is the same as every tag. What follows the first member that is no entity-tag is not looked at, and an
/// invalid value matches as far as it was valid: for If-Match that is the safe side, and for If-None-Match as well.
bool list_matches(std::string_view field_value, const EntityTag& tag, Comparison matches);

/// Makes the strong tag "hex(mtime)-hex(length)" of a stored file. It is nginx's own form, so that a front server
/// which sends the file itself and we are interchangeable in the middle of a download; no inode in it, because
/// several hosts that serve copies of one file must agree.
EntityTag default_entity_tag(Time last_modified, std::uint64_t complete_length);

}  // namespace reelgate::http
