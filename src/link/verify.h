// Owns the verification of links that expire: Bunny's token HS256, with four rules that close its ambiguity.
// Does not take a request apart, and has no clock.
//
// A token is "HS256-", then "1-" if it is bound to an address, then the HMAC-SHA256 in base64url of: the path, or
// token_path; expires; the bytes of the address, if it is bound; and all other parameters, sorted, as "k=v&k=v".
// Nothing stands between these parts. Therefore:
// - `expires` has exactly ten digits: a link to "film1" would be one to "film" that expires later.
// - Beside a token only the known parameters may stand, each of them once: they could spell an address.
// - `token_path` ends at a "/" of the path, or with it: "/abc" would open "/abcd".
// - An address whose bytes all spell digits can have no link: see address.h.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "link/keys.h"

namespace reelgate::link {

/// How long after its end a link is still taken, in seconds: clocks differ.
inline constexpr std::int64_t leeway = 60;

/// What a request shows of a link. Must not outlive the request.
struct Shown {
    std::string_view path;    ///< that the link must be for, decoded: prefix and id, which cannot spell a parameter
    std::string_view front;   ///< the parameters in front of the path, "bcdn_token=..."; empty: there are none
    std::string_view query;   ///< of the target, not decoded; without its question mark
    std::optional<std::string> cookie;  ///< in --link-cookie; not looked at beside another token
    std::string_view remote_addr;       ///< for a link that is bound to an address
};

enum class Verdict {
    good,
    missing,    ///< nothing is shown
    not_valid,  ///< it is for something else, was changed, or breaks a rule
    expired,    ///< it was good once
};

struct Verification {
    Verdict verdict = Verdict::missing;
    std::string_view key;  ///< name of the one that signed it; valid while the keys are
};

/// Verifies what a request shows at the time `now`, in seconds since 1970.
Verification verify(const Keys& keys, const Shown& shown, std::int64_t now);

}  // namespace reelgate::link
