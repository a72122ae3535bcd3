// Owns the description of a film: from its file and its row of the catalogue to what conditionals, ranges and fields
// say of it.
// Does not look anything up, and opens nothing.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "catalog/row.h"
#include "http/representation.h"
#include "media/media_file.h"
#include "outcome.h"

namespace reelgate {

/// Limit on the bytes of a text that becomes a field value. Web servers answer 502 if all fields together exceed 4 KiB,
/// nginx's default buffer; no sensible text comes near this limit.
inline constexpr std::size_t max_field_text = 1024;

/// A film that was found.
struct Film {
    const std::string& id;  ///< of its row
    const catalog::Row& row;
    const std::string& name;  ///< of its file, as the catalogue has it
    const media::MediaFile& file;
};

struct Description {
    http::Representation representation;  ///< not offloaded
    bool has_catalog_tag = false;         ///< its tag is the catalogue's, and not of the file's date and length
};

/// Describes `film` at the time `now`. Adds a note of each text in the catalogue that cannot be sent, and is ignored.
Description describe(const Film& film, http::Time now, std::vector<Note>& notes);

}  // namespace reelgate
