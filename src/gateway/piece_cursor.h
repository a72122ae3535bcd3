// Owns the position in a response's content: which bytes are next, and where they are.
// Does not read or send them.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "gateway/content.h"
#include "http/response.h"

namespace reelgate::gateway {

/// Goes through the pieces of a response, from the first byte to the last. Frees their memory at the end.
class PieceCursor {
public:
    /// Where the next bytes are.
    enum class Next { text, range, end };

    /// Makes a cursor that is at the end.
    PieceCursor() = default;

    /// Makes a cursor at the first byte of `pieces`, whose ranges refer to `content`.
    PieceCursor(std::vector<http::Piece> pieces, const Content& content);

    Next next() const { return next_; }

    /// Returns the number of bytes left in the present piece: zero only at the end.
    std::uint64_t left() const { return left_; }

    /// Returns the rest of the present text. Valid until the cursor moves.
    std::string_view text() const;

    /// Returns the position in the file of the present range's next byte.
    std::uint64_t position() const { return position_; }

    /// Returns the content that the ranges refer to.
    Content& content() { return content_; }

    /// Moves on by `n` bytes, at most left().
    void advance(std::uint64_t n);

    /// Drops the rest, except the next `kept` bytes of the present range.
    void cut_short(std::uint64_t kept);

private:
    void enter_piece();

    std::vector<http::Piece> pieces_;  ///< in reverse: the last is the present one, unless it was cut short
    std::uint64_t position_ = 0;  ///< in the file, or in the text
    std::uint64_t left_ = 0;
    Content content_;
    Next next_ = Next::end;
};

}  // namespace reelgate::gateway
