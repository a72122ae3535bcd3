// Owns the likeness of words, for messages that ask "did you mean ...?".
// Does not know the words.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string_view>

namespace reelgate::messages {

/// Returns the edit distance: how many characters to insert, delete or replace to turn one into the other.
std::size_t distance(std::string_view a, std::string_view b);

/// Returns the least distance at which a word is another one, and not `word` mistyped.
inline std::size_t another_word(std::string_view word) { return word.size() / 3 + 2; }

}  // namespace reelgate::messages
