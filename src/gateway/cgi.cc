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

/// Bytes after which the file is looked at again: few of them are of another version when it is changed meanwhile.
constexpr std::uint64_t step = std::uint64_t{256} << 10;

/// Bytes at the end of a range that wait for a look of their own: with them an answer is whole, which cannot be taken
/// back.
constexpr std::uint64_t last_step = 4096;

}  // namespace

Ending DescriptorSender::fail(Ending ending) {
    error_ = errno;
    return ending;
}

Ending DescriptorSender::break_off(const char* fault) {
    fault_ = fault;
    return Ending::broken;
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

Ending DescriptorSender::send_file(Content& content, http::ByteRange range, std::uint64_t& sent) {
    auto position = static_cast<off_t>(range.first_pos);
    std::uint64_t left = range.length();
    bool kernel_copies = true;
    std::array<char, 65536> buffer;
    while (left > 0) {
        if (const char* const fault = content.look()) return break_off(fault);
        const std::uint64_t length = left > last_step ? std::min(left - last_step, step) : left;
        ssize_t n = -1;
        if (kernel_copies) {
            n = sendfile(out_, content.fd, &position, length);
            if (n < 0 && errno == EINVAL) {  // a file opened for appending, some terminals
                kernel_copies = false;
                continue;
            }
            // sendfile does not say which end failed: the file's is an I/O error, all else is the way out.
            if (n < 0 && !may_try_again()) return fail(errno == EIO ? Ending::broken : Ending::aborted);
        } else {
            n = pread(content.fd, buffer.data(), std::min<std::uint64_t>(length, buffer.size()), position);
            if (n < 0 && errno != EINTR) return fail(Ending::broken);
            if (n > 0) {
                const Ending ending = send_text({buffer.data(), static_cast<std::size_t>(n)});
                if (ending != Ending::complete) return ending;
                position += n;
            }
        }
        if (n == 0) return break_off("the file is shorter than it was");  // truncated since that look
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
                             (fault_ ? fault_ : posix::cause(error_))};
}

void print(std::string_view text) {
    DescriptorSender out{STDOUT_FILENO};
    out.check({out.send_text(text), 0});
}

}  // namespace reelgate::gateway
