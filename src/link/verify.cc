// Owns the verification of links that expire.
// SPDX-License-Identifier: MIT
#include "link/verify.h"

#include <algorithm>
#include <charconv>

#include "http/ascii.h"
#include "link/address.h"
#include "link/parameters.h"
#include "link/token.h"

namespace reelgate::link {

namespace {

/// Reads the one set of parameters that counts. Returns false if it breaks a rule; no token is in it if nothing is
/// shown.
bool read(Parameters& parameters, const Shown& shown) {
    using Place = Parameters::Place;
    if (!shown.front.empty() || has_token(shown.query))
        return parameters.add(shown.front, Place::front) && parameters.add(shown.query, Place::query);
    return !shown.cookie || !has_token(*shown.cookie) || parameters.add(*shown.cookie, Place::query);
}

/// Returns whether a link for all below `folder` is one for `path`: both "/abc" and "/abc/" open "/abc/x" and none of
/// them "/abcd".
bool is_below(std::string_view path, std::string_view folder) {
    if (folder.empty() || !path.starts_with(folder)) return false;
    return path.size() == folder.size() || folder.ends_with('/') || path[folder.size()] == '/';
}

/// Reads exactly ten digits.
std::optional<std::int64_t> read_expires(std::string_view text) {
    if (text.size() != expires_length || !std::all_of(text.begin(), text.end(), http::is_digit)) return std::nullopt;
    std::int64_t seconds = 0;
    std::from_chars(text.data(), text.data() + text.size(), seconds);
    return seconds;
}

/// Takes the beginning off a token. Returns whether it is bound to an address; nothing if it is no token.
std::optional<bool> take_begin(std::string_view& token) {
    if (!token.starts_with(token_begin)) return std::nullopt;
    token.remove_prefix(token_begin.size());
    // The mark alone does not tell: a signature may begin with it.
    const bool is_bound = token.size() == bound_mark.size() + signature_length && token.starts_with(bound_mark);
    if (is_bound) token.remove_prefix(bound_mark.size());
    return token.size() == signature_length ? std::optional{is_bound} : std::nullopt;
}

/// Returns the key of a signature. Looks at all keys, and at all of the signature: the time tells nothing.
const Key* find_key(const Keys& keys, const Terms& terms, std::string_view signature) {
    const Key* found = nullptr;
    for (const Key& key : keys)
        if (crypto::are_equal(signature_of(key.secret, terms), signature)) found = &key;
    return found;
}

}  // namespace

Verification verify(const Keys& keys, const Shown& shown, std::int64_t now) {
    Parameters parameters;
    if (!read(parameters, shown)) return {Verdict::not_valid, {}};
    const auto& token = parameters[Parameter::token];
    if (!token) return {shown.front.empty() ? Verdict::missing : Verdict::not_valid, {}};

    std::string_view signature = *token;
    const auto is_bound = take_begin(signature);
    const std::string digits = parameters[Parameter::expires].value_or("");
    const auto expires = read_expires(digits);
    const auto& folder = parameters[Parameter::token_path];
    const auto address = is_bound.value_or(false) ? bytes_of_address(shown.remote_addr) : std::string{};
    if (!is_bound || !expires || !address) return {Verdict::not_valid, {}};
    if (folder && !is_below(shown.path, *folder)) return {Verdict::not_valid, {}};

    const std::string others = parameters.signed_text();
    const Key* const key = find_key(keys, {folder ? *folder : shown.path, digits, *address, others}, signature);
    if (!key) return {Verdict::not_valid, {}};
    return {now > *expires + leeway ? Verdict::expired : Verdict::good, key->name};
}

}  // namespace reelgate::link
