// Owns a descriptor: closes it at the end of its scope.
// Does not know what the descriptor refers to.
// SPDX-License-Identifier: MIT
#pragma once

#include <unistd.h>

#include <utility>

namespace reelgate::posix {

/// A descriptor with one owner; -1: none.
class UniqueFd {
public:
    UniqueFd() = default;
    explicit UniqueFd(int fd) : fd_(fd) {}
    UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    UniqueFd& operator=(UniqueFd&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~UniqueFd() {
        if (fd_ >= 0) ::close(fd_);
    }

    int get() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }

    /// Forgets the descriptor, which others have closed.
    void forget() { fd_ = -1; }

private:
    int fd_ = -1;
};

}  // namespace reelgate::posix
