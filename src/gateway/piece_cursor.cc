// Owns the position in a response's content: which bytes are next, and where they are.
// SPDX-License-Identifier: MIT
#include "gateway/piece_cursor.h"

#include <algorithm>
#include <utility>

namespace reelgate::gateway {

PieceCursor::PieceCursor(std::vector<http::Piece> pieces, const Content& content)
    : pieces_(std::move(pieces)), content_(content) {
    std::reverse(pieces_.begin(), pieces_.end());
    enter_piece();
}

std::string_view PieceCursor::text() const {
    return std::string_view{std::get<std::string>(pieces_.back())}.substr(position_);
}

void PieceCursor::advance(std::uint64_t n) {
    position_ += n;
    left_ -= n;
    if (left_ > 0) return;
    if (!pieces_.empty()) pieces_.pop_back();
    enter_piece();
}

void PieceCursor::cut_short(std::uint64_t kept) {
    left_ = next_ == Next::range ? std::min(left_, kept) : 0;
    std::vector<http::Piece>{}.swap(pieces_);
    if (left_ == 0) next_ = Next::end;
}

/// Enters the next piece that has any bytes. At the end, frees the memory of the pieces.
void PieceCursor::enter_piece() {
    for (; !pieces_.empty(); pieces_.pop_back()) {
        if (const auto* text = std::get_if<std::string>(&pieces_.back())) {
            next_ = Next::text;
            position_ = 0;
            left_ = text->size();
        } else {
            const auto range = std::get<http::ByteRange>(pieces_.back());
            next_ = Next::range;
            position_ = range.first_pos;
            left_ = range.length();
        }
        if (left_ > 0) return;
    }
    std::vector<http::Piece>{}.swap(pieces_);
    next_ = Next::end;
}

}  // namespace reelgate::gateway
