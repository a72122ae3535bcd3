// Owns the door to libsodium: SHA-256, HMAC, base64 and hexadecimal, and comparison in constant time.
// Does not know what is hashed or signed.
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace reelgate::crypto {

using Digest = std::array<unsigned char, 32>;

/// Returns the SHA-256 of `text` (FIPS 180-4).
Digest sha256(std::string_view text);

/// Returns the HMAC-SHA256 of all `parts`, one after another (RFC 2104).
Digest hmac_sha256(std::string_view key, std::span<const std::string_view> parts);

/// Formats in lower-case hexadecimal digits: 64 of them.
std::string hexadecimal(const Digest& digest);

/// Formats in base64url without padding (RFC 4648 §5): 43 characters.
std::string base64url(const Digest& digest);

/// Returns the bytes of a text in base64 or base64url, with or without padding; nothing for any other text.
std::optional<std::string> from_base64(std::string_view text);

/// Returns the bytes of a text in hexadecimal digits; nothing for any other text.
std::optional<std::string> from_hexadecimal(std::string_view text);

/// Returns whether two texts are equal, in a time that depends on their lengths alone.
bool are_equal(std::string_view a, std::string_view b);

/// Returns the version of the library in use.
std::string_view version();

}  // namespace reelgate::crypto
