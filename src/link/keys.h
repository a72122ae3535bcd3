// Owns the keys of links: any of them verifies, the first signs.
// Does not know what is signed.
// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace reelgate::link {

struct Key {
    std::string name;    ///< for the log: the one in the file, or its place there, "key 2"
    std::string secret;  ///< bytes
};

using Keys = std::vector<Key>;

/// Bytes that a key has at least: as many as the digest.
inline constexpr std::size_t min_key_length = 32;

/// Reads the keys of a file, one a line: base64 or hexadecimal digits, and before them "NAME:" if it is to have one.
/// Empty lines and those that begin with # are left out. Throws posix::FailureError if there is none, if a line is no
/// key, and if others than the owner and the group may read the file.
Keys read_keys(const std::filesystem::path& file);

}  // namespace reelgate::link
