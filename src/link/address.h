// Owns the bytes of an address to which a link can be bound.
// Does not know where the address comes from.
// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace reelgate::link {

/// Returns the bytes that are signed for an address: the 4 of IPv4, or the first 8 of IPv6 and 8 zeros, since a
/// subscriber has a whole /64. An IPv4-mapped address of IPv6 is the one of IPv4. Returns nothing for a text that is no
/// address, and for one whose four bytes all spell digits, such as 52.53.56.55: in what is signed they would be the end
/// of `expires`, and an unbound link to "film9999" would open "film" from there, until the year 2286.
std::optional<std::string> bytes_of_address(std::string_view address);

}  // namespace reelgate::link
