// Owns the bytes that are written next, and how much of them is content of an answer.
// Does not write them.
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace reelgate::gateway {

/// Bytes on their way out: filled while empty, then written from front to back. Holds no memory while empty, since a
/// parked viewer must hold none.
class OutBuffer {
public:
    bool is_empty() const { return bytes_.empty(); }

    /// Returns the bytes to fill. Only before the first advance().
    std::string& bytes() { return bytes_; }

    /// Notes that the bytes from `begin` to the end are content, in one run.
    void mark_content(std::size_t begin) {
        content_begin_ = begin;
        content_end_ = bytes_.size();
    }

    /// Returns the bytes that are not written yet. Valid until the buffer changes.
    std::string_view rest() const { return std::string_view{bytes_}.substr(done_); }

    /// Notes that the next `n` bytes are written. Returns how many of them are content.
    std::uint64_t advance(std::size_t n) {
        const std::size_t before = written_content();
        done_ += n;
        const std::size_t content = written_content() - before;
        if (done_ == bytes_.size()) {
            std::string{}.swap(bytes_);  // assignment would keep the memory
            done_ = content_begin_ = content_end_ = 0;
        }
        return content;
    }

private:
    std::size_t written_content() const { return std::clamp(done_, content_begin_, content_end_) - content_begin_; }

    std::string bytes_;
    std::size_t done_ = 0;
    std::size_t content_begin_ = 0, content_end_ = 0;
};

}  // namespace reelgate::gateway
