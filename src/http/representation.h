// Owns the metadata of the bytes that a target stands for (RFC 9110 §3.2, §8).
// Does not hold those bytes.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "http/date.h"
#include "http/entity_tag.h"
#include "http/offload.h"

namespace reelgate::http {

/// A stored video, as conditionals, ranges and header fields see it.
struct Representation {
    std::uint64_t complete_length = 0;  ///< bytes; below 2^63, like the kernel's file offsets
    EntityTag entity_tag;               ///< strong
    Time last_modified;                 ///< not later than the response's own date (RFC 9110 §8.8.2.1)
    std::string media_type;             ///< RFC 9110 §8.3.1
    std::string download_name;          ///< name for a saved copy: see attachment()
    std::optional<OffloadField> offload;  ///< makes the web server send the bytes; absent: it cannot
};

}  // namespace reelgate::http
