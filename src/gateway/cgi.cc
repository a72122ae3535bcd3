// Owns writing a response to a plain descriptor, blocking: CGI's standard output, and that of `get`.
// SPDX-License-Identifier: MIT
#include "gateway/cgi.h"

#include <poll.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>

#include "gateway/header_block.h"
#include "posix/failure.h"

namespace reelgate::gateway {

namespace {

using Kind = Failure::Kind;
using Next = PieceCursor::Next;

/// Bytes between two checks of the file: at most this many can be of another version.
constexpr std::uint64_t step = std::uint64_t{256} << 10;

/// Bytes at the end of a range that get a look of their own: they complete the answer, which cannot be taken back.
constexpr std::uint64_t last_step = 4096;

/// Writes to a descriptor that it does not own, and counts the bytes.
class Output {
public:
    explicit Output(int out) : out_(out) {}

    Failure write_text(std::string_view text);

    /// Writes the next bytes of a response: a whole text, or part of a range.
    Failure write_next(PieceCursor& pieces);

    std::uint64_t written() const { return written_; }

private:
    Failure wait_out(Failure failure) const;
    Failure write_range(int file, std::uint64_t position, std::uint64_t length);
    Failure write_read(int file, std::uint64_t position, std::uint64_t length);

    int out_;
    bool kernel_copies_ = true;
    std::uint64_t written_ = 0;
};

/// Waits until a temporary failure has passed, also on a descriptor that another process made non-blocking. Returns
/// any other failure.
Failure Output::wait_out(Failure failure) const {
    if (failure.kind == Kind::interrupted) return {};
    if (failure.kind != Kind::blocked) return failure;
    pollfd wait{out_, POLLOUT, 0};
    if (poll(&wait, 1, -1) < 0 && errno != EINTR) return {Kind::aborted, errno};
    return {};
}

Failure Output::write_text(std::string_view text) {
    while (!text.empty()) {
        const ssize_t n = write(out_, text.data(), text.size());
        if (n < 0) {
            if (const Failure failure = wait_out(failure_of_output(errno))) return failure;
            continue;
        }
        text.remove_prefix(static_cast<std::size_t>(n));
        written_ += static_cast<std::uint64_t>(n);
    }
    return {};
}

Failure Output::write_next(PieceCursor& pieces) {
    const std::uint64_t before = written_;
    Failure failure;
    if (pieces.next() == Next::text) {
        failure = write_text(pieces.text());
    } else {
        const std::uint64_t left = pieces.left();
        failure = pieces.content().look();
        if (!failure)
            failure = write_range(pieces.content().fd, pieces.position(),
                                  left > last_step ? std::min(left - last_step, step) : left);
    }
    pieces.advance(written_ - before);
    return failure;
}

/// Writes at least one byte of a range of the file; none after a temporary failure.
Failure Output::write_range(int file, std::uint64_t position, std::uint64_t length) {
    if (!kernel_copies_) return write_read(file, position, length);
    auto offset = static_cast<off_t>(position);
    const ssize_t n = sendfile(out_, file, &offset, length);
    if (n < 0 && errno == EINVAL) {  // a file opened for appending, some terminals
        kernel_copies_ = false;
        return {};
    }
    if (n < 0) return wait_out(failure_of_copy(out_, errno));
    if (n == 0) return {Kind::shorter};  // since the last look
    written_ += static_cast<std::uint64_t>(n);
    return {};
}

/// Does the same as write_range(), through a buffer.
Failure Output::write_read(int file, std::uint64_t position, std::uint64_t length) {
    std::array<char, 65536> buffer;
    const ssize_t n = pread(file, buffer.data(), std::min<std::uint64_t>(length, buffer.size()),
                            static_cast<off_t>(position));
    if (n < 0) return wait_out(failure_of_file(errno));
    if (n == 0) return {Kind::shorter};
    return write_text({buffer.data(), static_cast<std::size_t>(n)});
}

}  // namespace

Transfer write_response(int out, const http::Response& response, const Content& content) {
    if (const Failure failure = Output{out}.write_text(format_header_block(response))) return {failure, 0};
    return write_content(out, {response.pieces, content});
}

Transfer write_content(int out, PieceCursor pieces) {
    Output output{out};
    Failure failure;
    while (!failure && pieces.next() != Next::end) failure = output.write_next(pieces);
    return {failure, output.written()};
}

void check(const Transfer& transfer) {
    if (!transfer.failure) return;
    if (transfer.failure.kind == Kind::aborted) posix::throw_error(transfer.failure.error, "write-output");
    posix::fail("send-video", messages::Number{transfer.sent}, describe(transfer.failure));
}

}  // namespace reelgate::gateway
