// Owns the text of one line of the log: a buffer of fixed size, so that no line needs the heap.
// Does not write it.
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "messages/named.h"

namespace reelgate {

/// Bytes of a line including its newline: a pipe takes this many in one piece (pipe(7), PIPE_BUF).
inline constexpr std::size_t max_log_line = 4096;

/// A line without its newline. Text that does not fit is dropped.
class LogLine {
public:
    LogLine& append(std::string_view text) noexcept {
        const std::size_t length = std::min(text.size(), bytes_.size() - size_);
        std::copy_n(text.data(), length, bytes_.data() + size_);
        size_ += length;
        return *this;
    }

    LogLine& append(std::uint64_t number) noexcept {
        return append(messages::Number{number});
    }

    void clear() noexcept { size_ = 0; }

    std::size_t size() const noexcept { return size_; }

    /// Returns the text, which is valid until the line changes.
    std::string_view text() const noexcept { return {bytes_.data(), size_}; }

private:
    std::array<char, max_log_line - 1> bytes_;
    std::size_t size_ = 0;
};

/// Writes lines, which come without their newlines.
class LogLines {
public:
    virtual void write(std::string_view line) noexcept = 0;

protected:
    ~LogLines() = default;
};

}  // namespace reelgate
