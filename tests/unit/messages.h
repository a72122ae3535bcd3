// Owns what tests need to look into messages: those of exceptions, and the log's.
// SPDX-License-Identifier: MIT
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <string>
#include <string_view>

#include "fail_test.h"
#include "posix/failure.h"
#include "posix/unique_fd.h"

namespace reelgate {

/// Gives the text of the `Error` that `function` throws, and "nothing thrown" where it throws none. Exceptions of
/// other types pass through.
template <typename Error, typename Function>
std::string message_of(Function&& function) {
    try {
        function();
    } catch (const Error& error) {
        return error.what();
    }
    return "nothing thrown";
}

inline bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// Collects what is written to standard error as long as it lives.
class CapturedStderr {
public:
    CapturedStderr()
        : captured_(memfd_create("stderr", MFD_CLOEXEC)), original_(dup(STDERR_FILENO)) {
        if (!captured_ || !original_ || dup2(captured_.get(), STDERR_FILENO) < 0)
            fail_test("capture", "stderr");
    }
    CapturedStderr(const CapturedStderr&) = delete;
    CapturedStderr& operator=(const CapturedStderr&) = delete;
    ~CapturedStderr() { dup2(original_.get(), STDERR_FILENO); }

    std::string text() const {
        std::string text(static_cast<std::size_t>(lseek(captured_.get(), 0, SEEK_END)), '\0');
        if (pread(captured_.get(), text.data(), text.size(), 0) < 0) fail_test("read", "captured stderr");
        return text;
    }

private:
    posix::UniqueFd captured_;
    posix::UniqueFd original_;
};

}  // namespace reelgate
