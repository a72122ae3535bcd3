// Owns the entity tag (RFC 9110 §8.8.3).
// Does not look at files: the default tag is computed from numbers.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

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

/// Makes the strong tag "hex(mtime)-hex(length)" of a stored file. It is nginx's own form, so that a front server
/// which sends the file itself and we are interchangeable in the middle of a download; no inode in it, because
/// several hosts that serve copies of one file must agree.
EntityTag default_entity_tag(Time last_modified, std::uint64_t complete_length);

}  // namespace reelgate::http
