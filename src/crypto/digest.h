// Owns the door to libsodium: SHA-256, HMAC, base64 and hexadecimal, and comparison in constant time.
// Does not know what is hashed or signed.
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace reelgate::crypto {

using Digest = std::array<unsigned char, 32>;

/// Returns the SHA-256 of `text` (FIPS 180-4).
Digest sha256(std::string_view text);

/// A secret for HMAC-SHA256 (RFC 2104), whose own part of it is computed once: it is half the work for a short text.
class HmacKey {
public:
    explicit HmacKey(std::string_view secret);

    /// Returns the HMAC-SHA256 of all `parts`, one after another. For any thread.
    Digest sign(std::span<const std::string_view> parts) const;

private:
    struct State;
    std::shared_ptr<const State> state_;
};

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
