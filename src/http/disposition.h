// Owns the name by which a video is saved: made of a title, and sent in Content-Disposition (RFC 6266).
// Does not know where the title comes from.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace reelgate::http {

/// Bytes of the longest name of a file that file systems take. It also keeps the field short, where a byte may become
/// three: web servers limit the bytes of all fields together.
inline constexpr std::size_t max_file_name = 255;

/// Returns whether a file can be called by `title`: UTF-8 that is not only blanks.
bool is_title(std::string_view title);

/// Makes the name of a file of a title and an extension, which begins with the dot or is empty. The extension is added
/// unless the title ends with it, in any case. What would make the name a path or a hidden file, or what is not to be
/// seen in it, becomes "_". The title is cut if the name would be longer than max_file_name.
std::string file_name_of(std::string_view title, std::string_view extension);

/// Formats Content-Disposition for content that is to be saved under `name`: UTF-8 without "/" and control characters.
std::string attachment(std::string_view name);

}  // namespace reelgate::http
