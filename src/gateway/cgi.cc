// Owns the way out to a plain descriptor: CGI's standard output, and `get`'s.
// SPDX-License-Identifier: MIT
#include "gateway/cgi.h"

#include <poll.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>

#include "posix/error.h"

namespace reelgate::gateway {

namespace {

/// Bytes that one sendfile call is asked for: the kernel takes no more than 2 GiB at a time.
constexpr std::uint64_t sendfile_step = std::uint64_t{1} << 30;

}  // namespace

Ending DescriptorSender::fail(Ending ending) {
    error_ = errno;
    return ending;
}

/// Tells whether errno is of the passing kind. A descriptor that somebody made non-blocking is waited for.
bool DescriptorSender::may_try_again() {
    if (errno == EINTR) return true;
    if (errno != EAGAIN) return false;
    pollfd wait{out_, POLLOUT, 0};
    return poll(&wait, 1, -1) >= 0 || errno == EINTR;
}

Ending DescriptorSender::send_text(std::string_view text) {
    while (!text.empty()) {
        const ssize_t n = write(out_, text.data(), text.size());
        if (n < 0 && may_try_again()) continue;
        if (n < 0) return fail(Ending::aborted);
        text.remove_prefix(static_cast<std::size_t>(n));
    }
    return Ending::complete;
}

Ending DescriptorSender::send_file(int content, http::ByteRange range, std::uint64_t& sent) {
    auto position = static_cast<off_t>(range.first_pos);
    std::uint64_t left = range.length();
    bool kernel_copies = true;
    std::array<char, 65536> buffer;
    while (left > 0) {
        ssize_t n = -1;
        if (kernel_copies) {
            n = sendfile(out_, content, &position, std::min(left, sendfile_step));
            if (n < 0 && errno == EINVAL) {  // a file opened for appending, some terminals
                kernel_copies = false;
                continue;
            }
            // sendfile does not say which end failed: the file's is an I/O error, all else is the way out.
            if (n < 0 && !may_try_again()) return fail(errno == EIO ? Ending::broken : Ending::aborted);
        } else {
            n = pread(content, buffer.data(), std::min<std::uint64_t>(left, buffer.size()), position);
            if (n < 0 && errno != EINTR) return fail(Ending::broken);
            if (n > 0) {
                const Ending ending = send_text({buffer.data(), static_cast<std::size_t>(n)});
                if (ending != Ending::complete) return ending;
                position += n;
            }
        }
        if (n == 0) {  // shorter than fstat said: truncated meanwhile
            error_ = 0;
            return Ending::broken;
        }
        if (n > 0) {
            left -= static_cast<std::uint64_t>(n);
            sent += static_cast<std::uint64_t>(n);
        }
    }
    return Ending::complete;
}

void DescriptorSender::check(const Transfer& transfer) const {
    if (transfer.ending == Ending::complete) return;
    if (transfer.ending == Ending::aborted) posix::throw_errno("write", "standard output", error_);
    throw std::runtime_error{"send video: after " + std::to_string(transfer.sent) + " bytes: " +
                             (error_ ? posix::cause(error_) : "the file is shorter than it was at the beginning")};
}

void print(std::string_view text) {
    DescriptorSender out{STDOUT_FILENO};
    out.check({out.send_text(text), 0});
}

}  // namespace reelgate::gateway
