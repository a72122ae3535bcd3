// Owns a file in memory, for tests of what reads files by their descriptors.
// SPDX-License-Identifier: MIT
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <string_view>

#include "fail_test.h"
#include "posix/unique_fd.h"

namespace reelgate {

class MemoryFile {
public:
    MemoryFile() : fd_(memfd_create("reelgate-unit", MFD_CLOEXEC)) {
        if (!fd_) fail_test("create", "memory file");
    }
    explicit MemoryFile(std::string_view content) : MemoryFile() { replace(content); }

    void replace(std::string_view content) {
        if (ftruncate(fd_.get(), 0) != 0) fail_test("truncate", "memory file");
        write_at(0, content);
        length_ = content.size();
    }
    void write_at(std::uint64_t position, std::string_view content) {
        if (pwrite(fd_.get(), content.data(), content.size(), static_cast<off_t>(position)) !=
            static_cast<ssize_t>(content.size()))
            fail_test("write", "memory file");
    }
    /// Everything that is not written is a hole.
    void lengthen(std::uint64_t length) {
        if (ftruncate(fd_.get(), static_cast<off_t>(length)) != 0) fail_test("lengthen", "memory file");
        length_ = length;
    }

    int fd() const { return fd_.get(); }
    std::uint64_t length() const { return length_; }

private:
    posix::UniqueFd fd_;
    std::uint64_t length_ = 0;
};

}  // namespace reelgate
