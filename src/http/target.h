// Owns the request target: from the request line to the id of a video (RFC 9110 §7.1, RFC 3986 §2.1).
// Does not know whether such a video exists.
// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace reelgate::http {

/// Bytes of the longest id.
inline constexpr std::size_t max_id_length = 128;

/// Returns whether `id` is [A-Za-z0-9._~-]{1,128}: the unreserved characters of RFC 3986 §2.3. They need no encoding in
/// a URI, and only the dot has a meaning for a file system. "." and ".." are not ids: every client removes them from a
/// path (RFC 3986 §5.2.4).
bool is_video_id(std::string_view id);

/// Returns the path of a target in origin-form or absolute-form, without its query and not decoded; empty for any other
/// form.
std::string_view raw_path(std::string_view target);

/// Returns the query of a target, without its question mark; empty if it has none.
std::string_view raw_query(std::string_view target);

/// Returns whether the path of a target, percent-decoded, begins with `prefix`.
bool is_below(std::string_view target, std::string_view prefix);

/// Returns the id in a target in origin-form or absolute-form: its path, percent-decoded, must be `prefix` followed by
/// one id. Returns nothing for any other path, or if a "%" lacks its two hexadecimal digits.
std::optional<std::string> video_id(std::string_view target, std::string_view prefix);

/// Returns whether the query of `target` has the parameter `name`, with any value or none; it is not decoded.
bool query_has(std::string_view target, std::string_view name);

/// Returns whether the query of `target` has the parameter `name` with exactly this `value`; neither is decoded.
bool query_has(std::string_view target, std::string_view name, std::string_view value);

/// Percent-encodes all but the unreserved characters and "/" (RFC 3986 §2.1), for a path in a target.
std::string encode_path(std::string_view path);

}  // namespace reelgate::http
