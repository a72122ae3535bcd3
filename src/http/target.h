// Owns the request target: from what stood in the request line to the id of a video (RFC 9110 §7.1, RFC 3986 §2.1).
// Does not know whether such a video exists.
// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace reelgate::http {

/// Bytes of the longest id.
inline constexpr std::size_t max_id_length = 128;

/// Tells whether `id` is [A-Za-z0-9._~-]{1,128}: the unreserved characters of RFC 3986 §2.3, so that an id stands
/// in a URI as it is, and none that means something to a file system but the dot. "." and ".." are none: every client
/// takes them out of a path (RFC 3986 §5.2.4).
bool is_video_id(std::string_view id);

/// The path of a target in origin-form or absolute-form, without its query and not decoded. Empty when it is neither.
std::string_view raw_path(std::string_view target);

/// Takes the id out of a target in origin-form or absolute-form: its path, percent-decoded, has to be `prefix`
/// followed by one id. Nothing when it is not, when it decodes to something that is no id, or when a "%" is not
/// followed by two hexadecimal digits.
std::optional<std::string> video_id(std::string_view target, std::string_view prefix);

/// Tells whether the query of `target` has the parameter `name`, with whatever value or none; it is not decoded.
bool query_has(std::string_view target, std::string_view name);

/// Tells whether the query of `target` has the parameter `name` with just this `value`; neither is decoded.
bool query_has(std::string_view target, std::string_view name, std::string_view value);

/// Percent-encodes all but the unreserved characters and "/" (RFC 3986 §2.1), for a path that is to stand in a
/// target.
std::string encode_path(std::string_view path);

}  // namespace reelgate::http
