// Owns what a token is made of.
// SPDX-License-Identifier: MIT
#include "link/token.h"

#include <array>

namespace reelgate::link {

std::string signature_of(const crypto::HmacKey& key, const Terms& terms) {
    return crypto::base64url(key.sign(std::array{terms.path, terms.expires, terms.address, terms.parameters}));
}

}  // namespace reelgate::link
