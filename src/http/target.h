// Owns the request target: from the request line to the id of a video (RFC 9110 §7.1, RFC 3986 §2.1).
// Does not know whether such a video exists.
// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace reelgate::http {

/// Bytes of the longest id of one segment, and of the longest segment.
inline constexpr std::size_t max_id_length = 128;

/// Returns whether `id` has 1 to `max_segments` segments with slashes between, each of them [A-Za-z0-9._~-]{1,128}: the
/// unreserved characters of RFC 3986 §2.3. They need no encoding in a URI, and only the dot has a meaning for a file
/// system. "." and ".." are no segments: every client removes them from a path (RFC 3986 §5.2.4).
bool is_video_id(std::string_view id, unsigned max_segments = 1);

/// Returns the path of a target in origin-form or absolute-form, without its query and not decoded; empty for any other
/// form.
std::string_view raw_path(std::string_view target);

/// Returns as much of a target's path as the log may have: up to where parameters could begin, encoded or not. A token
/// is one of them, and a client or a web server may have taken the "?" for a part of the path.
std::string_view path_for_log(std::string_view target);

/// Returns the query of a target, without its question mark; empty if it has none.
std::string_view raw_query(std::string_view target);

/// Returns a text, percent-decoded once; nothing if a "%" lacks its two hexadecimal digits.
std::optional<std::string> percent_decode(std::string_view text);

/// Returns the path of a target, percent-decoded; nothing if a "%" lacks its two hexadecimal digits.
std::optional<std::string> decoded_path(std::string_view target);

/// Returns whether the path of a target, percent-decoded, begins with `prefix`.
bool is_below(std::string_view target, std::string_view prefix);

/// Returns the id in a target in origin-form or absolute-form: its path, percent-decoded, must be `prefix` followed by
/// one id; an encoded slash is one, too. Returns nothing for any other path, or if a "%" lacks its two hexadecimal
/// digits.
std::optional<std::string> video_id(std::string_view target, std::string_view prefix, unsigned max_segments = 1);

/// Returns the last segment of an id.
std::string_view last_segment(std::string_view id);

/// Returns the extension of an id, which begins with the last dot of its last segment; empty if there is none, or
/// nothing in front of it.
std::string_view extension_of(std::string_view id);

/// Returns whether the query of `target` has the parameter `name`, with any value or none; it is not decoded.
bool query_has(std::string_view target, std::string_view name);

/// Returns whether the query of `target` has the parameter `name` with exactly this `value`; neither is decoded.
bool query_has(std::string_view target, std::string_view name, std::string_view value);

/// Percent-encodes all but the unreserved characters and "/" (RFC 3986 §2.1), for a path in a target.
std::string encode_path(std::string_view path);

}  // namespace reelgate::http
