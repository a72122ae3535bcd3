// Owns the reading of a file's bytes at a position, and of the numbers in them.
// SPDX-License-Identifier: MIT
#include "media/bytes.h"

#include <unistd.h>

#include <algorithm>

#include "posix/failure.h"

namespace reelgate::media {

std::string_view read_at(int fd, std::uint64_t position, std::span<char> buffer) {
    std::size_t done = 0;
    while (done < buffer.size()) {
        const ssize_t n = pread(fd, buffer.data() + done, buffer.size() - done, static_cast<off_t>(position + done));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) posix::throw_errno("read-content", messages::Number{position + done});
        if (n == 0) break;
        done += static_cast<std::size_t>(n);
    }
    return {buffer.data(), done};
}

std::string_view BoundedReader::at(std::uint64_t position, std::size_t count) {
    if (position >= length_ || reads_left_ == 0) return {};
    --reads_left_;
    const std::uint64_t wanted = std::min({std::uint64_t{count}, std::uint64_t{buffer_.size()}, length_ - position});
    return read_at(fd_, position, std::span{buffer_}.first(wanted));
}

}  // namespace reelgate::media
