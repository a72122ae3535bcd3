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
    bool weak = false;   ///< with W/ before it

    bool operator==(const EntityTag&) const = default;
};

/// Formats a field value: in quotation marks, with W/ if weak.
std::string format_entity_tag(const EntityTag& tag);

/// Parses a field value that is one entity-tag and nothing else.
std::optional<EntityTag> parse_entity_tag(std::string_view text);

/// Makes a strong tag from the inside of an opaque-tag. Returns nothing if it contains a character that is not allowed.
std::optional<EntityTag> entity_tag_of(std::string_view opaque);

/// Returns the strong tag that a text means, in quotes or without; nothing if it means none.
std::optional<EntityTag> strong_tag_of(std::string_view text);

using Comparison = bool (*)(const EntityTag&, const EntityTag&);

/// Compares strongly: neither is weak, and the opaque-tags are the same octet by octet (RFC 9110 §8.8.3.2).
bool matches_strongly(const EntityTag& a, const EntityTag& b);

/// Compares weakly: the opaque-tags are the same (RFC 9110 §8.8.3.2).
bool matches_weakly(const EntityTag& a, const EntityTag& b);

/// Returns whether the value of If-Match or If-None-Match, "*" or a list, has a member that `matches` `tag`. "*"
/// matches every tag. Reading stops at the first member that is not an entity-tag: an invalid value matches only by its
/// valid beginning, which is the safe side for both fields.
bool list_matches(std::string_view field_value, const EntityTag& tag, Comparison matches);

/// Makes the strong tag "hex(mtime)-hex(length)" of a stored file. This is nginx's own form, so that nginx and we can
/// replace each other in the middle of a download. It contains no inode, because several hosts that serve copies of one
/// file must agree.
EntityTag default_entity_tag(Time last_modified, std::uint64_t complete_length);

}  // namespace reelgate::http
