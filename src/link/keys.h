// Owns the keys of links: any of them verifies, the first signs.
// Does not know what is signed.
// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/digest.h"

namespace reelgate::link {

struct Key {
    std::string name;        ///< for the log: the one in the file, or its place there, "key 2"
    crypto::HmacKey secret;
};

using Keys = std::vector<Key>;

/// Bytes that a key has at least: as many as the digest.
inline constexpr std::size_t min_key_length = 32;

/// Bytes of the longest file of keys: a larger one is another file, named by mistake.
inline constexpr std::size_t max_key_file = 65536;

/// Reads the keys of a text, one a line: base64, or hexadecimal digits, which a line of nothing else always is; and
/// before them "NAME:" if it is to have one, of letters, digits, ".", "_" and "-". Empty lines and those that begin
/// with "#" are left out. Throws posix::FailureError if there is none, or if a line is no key: it names the line by its
/// number, and never quotes it. `file` is for the failure.
Keys keys_in(std::string_view text, const std::filesystem::path& file);

/// Reads the keys of a file: see keys_in(). Throws posix::FailureError, too, if it is not a regular file, is too long,
/// or if others than its owner and its group have any permission for it.
Keys read_keys(const std::filesystem::path& file);

}  // namespace reelgate::link
