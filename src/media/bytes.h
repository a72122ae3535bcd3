// Owns the reading of a file's bytes at a position, and of the numbers in them.
// Does not know what they mean.
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace reelgate::media {

/// Reads into `buffer` what the file has at `position`. Returns what was read: less than the buffer takes only at the
/// end of the file. Throws posix::FailureError if it cannot be read.
std::string_view read_at(int fd, std::uint64_t position, std::span<char> buffer);

/// Returns the first `count` bytes of `bytes`, up to 8, as an unsigned number. `bytes` must have as many.
constexpr std::uint64_t big_endian(std::string_view bytes, std::size_t count) {
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < count; ++i) number = number << 8 | static_cast<unsigned char>(bytes[i]);
    return number;
}
constexpr std::uint64_t little_endian(std::string_view bytes, std::size_t count) {
    std::uint64_t number = 0;
    for (std::size_t i = count; i > 0; --i) number = number << 8 | static_cast<unsigned char>(bytes[i - 1]);
    return number;
}

/// Reads a file in places, no more often than it may, and not past its end. What it returns is valid until the next
/// read.
class BoundedReader {
public:
    BoundedReader(int fd, std::uint64_t length, unsigned max_reads)
        : fd_(fd), length_(length), reads_left_(max_reads) {}

    /// Returns `count` bytes at `position`, or fewer: up to the end of the file, or none if it was read often enough.
    std::string_view at(std::uint64_t position, std::size_t count);

    std::uint64_t length() const { return length_; }

private:
    const int fd_;
    const std::uint64_t length_;
    unsigned reads_left_;
    std::array<char, 64> buffer_{};
};

}  // namespace reelgate::media
