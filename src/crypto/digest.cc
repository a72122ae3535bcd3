// Owns the door to libsodium: the only file that includes it.
// SPDX-License-Identifier: MIT
#include "crypto/digest.h"

#include <sodium.h>

#include <cstddef>
#include <tuple>

namespace reelgate::crypto {

namespace {

static_assert(crypto_hash_sha256_BYTES == std::tuple_size_v<Digest> &&
              crypto_auth_hmacsha256_BYTES == std::tuple_size_v<Digest>);

/// Lets the library choose what suits the processor, as it wants to before its first use. Without its random numbers,
/// which may fail there, all that is used here works.
void prepare_library() {
    [[maybe_unused]] static const int is_prepared = sodium_init();
}

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

}  // namespace

Digest sha256(std::string_view text) {
    prepare_library();
    Digest digest;
    crypto_hash_sha256(digest.data(), bytes_of(text), text.size());
    return digest;
}

struct HmacKey::State {
    explicit State(std::string_view secret) {
        prepare_library();
        crypto_auth_hmacsha256_init(&begun, bytes_of(secret), secret.size());
    }

    crypto_auth_hmacsha256_state begun;
};

HmacKey::HmacKey(std::string_view secret) : state_(std::make_shared<const State>(secret)) {}

Digest HmacKey::sign(std::span<const std::string_view> parts) const {
    crypto_auth_hmacsha256_state state = state_->begun;
    for (const std::string_view part : parts) crypto_auth_hmacsha256_update(&state, bytes_of(part), part.size());
    Digest digest;
    crypto_auth_hmacsha256_final(&state, digest.data());
    return digest;
}

std::string hexadecimal(const Digest& digest) {
    std::string text(2 * digest.size() + 1, '\0');
    sodium_bin2hex(text.data(), text.size(), digest.data(), digest.size());
    text.pop_back();
    return text;
}

std::string base64url(const Digest& digest) {
    constexpr int variant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
    std::string text(sodium_base64_ENCODED_LEN(std::tuple_size_v<Digest>, variant), '\0');
    sodium_bin2base64(text.data(), text.size(), digest.data(), digest.size(), variant);
    text.pop_back();
    return text;
}

std::optional<std::string> from_base64(std::string_view text) {
    for (const int variant : {sodium_base64_VARIANT_ORIGINAL, sodium_base64_VARIANT_ORIGINAL_NO_PADDING,
                              sodium_base64_VARIANT_URLSAFE, sodium_base64_VARIANT_URLSAFE_NO_PADDING}) {
        std::string bytes(text.size(), '\0');
        std::size_t length = 0;
        if (sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), text.data(), text.size(),
                              nullptr, &length, nullptr, variant) != 0)
            continue;
        bytes.resize(length);
        return bytes;
    }
    return std::nullopt;
}

std::optional<std::string> from_hexadecimal(std::string_view text) {
    std::string bytes(text.size() / 2, '\0');
    std::size_t length = 0;
    const bool is_whole = text.size() % 2 == 0 &&
                          sodium_hex2bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), text.data(),
                                         text.size(), nullptr, &length, nullptr) == 0 &&
                          length == bytes.size();
    return is_whole ? std::optional{bytes} : std::nullopt;
}

bool are_equal(std::string_view a, std::string_view b) {
    return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string_view version() { return sodium_version_string(); }

}  // namespace reelgate::crypto
