// Owns what a token is made of.
// Does not know who may ask for one, and has no clock.
// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "crypto/digest.h"

namespace reelgate::link {

inline constexpr std::string_view token_begin = "HS256-";
inline constexpr std::string_view bound_mark = "1-";  ///< after it, in the token of a link that is bound to an address
inline constexpr std::size_t signature_length = 43;
inline constexpr std::size_t expires_length = 10;  ///< digits; the last such second is in the year 2286

/// What a link is for, as it is signed.
struct Terms {
    std::string_view path;        ///< or token_path
    std::string_view expires;     ///< seconds since 1970, in digits
    std::string_view address;     ///< its bytes; empty: for any
    std::string_view parameters;  ///< all others, sorted, as "k=v&k=v"
};

/// Returns what follows the mark in a token.
std::string signature_of(const crypto::HmacKey& key, const Terms& terms);

}  // namespace reelgate::link
