// Owns writing lines to a descriptor that may not take them, without waiting.
// SPDX-License-Identifier: MIT
#include "posix/line_output.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <string>

#include "posix/file_id.h"

namespace reelgate::posix {

namespace {

/// The device that creates a new terminal at each opening (pty(7)).
const dev_t ptmx = makedev(5, 2);

/// Keeps the SIGPIPE of this thread's own writes from the process. Linux sends it to the thread that wrote.
class HeldSigpipe {
public:
    HeldSigpipe() noexcept {
        sigemptyset(&sigpipe_);
        sigaddset(&sigpipe_, SIGPIPE);
        pthread_sigmask(SIG_BLOCK, &sigpipe_, &before_);
    }
    HeldSigpipe(const HeldSigpipe&) = delete;
    HeldSigpipe& operator=(const HeldSigpipe&) = delete;
    ~HeldSigpipe() {
        const int error = errno;
        const timespec at_once{};
        if (error == EPIPE) sigtimedwait(&sigpipe_, nullptr, &at_once);
        pthread_sigmask(SIG_SETMASK, &before_, nullptr);
        errno = error;
    }

private:
    sigset_t sigpipe_;
    sigset_t before_;
};

}  // namespace

bool LineOutput::open_own_description() noexcept {
    std::array<char, 32> path{"/proc/self/fd/"};
    std::to_chars(path.data() + std::char_traits<char>::length(path.data()), path.data() + path.size() - 1, fd_);
    UniqueFd opened{open(path.data(), O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)};
    struct stat status, original;
    if (!opened || fstat(fd_, &original) != 0 || fstat(opened.get(), &status) != 0) return false;
    if (file_id_of(status) != file_id_of(original)) return false;
    own_ = std::move(opened);
    return true;
}

void LineOutput::stop_waiting() noexcept {
    struct stat status;
    if (way_ != Way::waiting || fstat(fd_, &status) != 0 || S_ISREG(status.st_mode)) return;
    // Opening a device can have side effects; opening a terminal has none.
    const bool is_terminal = isatty(fd_) && status.st_rdev != ptmx;
    if (S_ISSOCK(status.st_mode))
        way_ = Way::message;
    else if ((S_ISFIFO(status.st_mode) || is_terminal) && open_own_description())
        way_ = Way::own_description;
    else
        way_ = Way::marked;
}

ssize_t LineOutput::put(const iovec* pieces, int count) noexcept {
    if (way_ == Way::waiting) return writev(fd_, pieces, count);
    if (way_ == Way::message) {
        msghdr message{};
        message.msg_iov = const_cast<iovec*>(pieces);
        message.msg_iovlen = static_cast<std::size_t>(count);
        return sendmsg(fd_, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    }
    const HeldSigpipe held;
    if (way_ == Way::own_description) return writev(own_.get(), pieces, count);
    if (way_ == Way::marked) {
        constexpr off_t as_write = -1;
        const ssize_t n = pwritev2(fd_, pieces, count, as_write, RWF_NOWAIT);
        // Errors of a kernel, a device or a sandbox that does not know RWF_NOWAIT.
        if (n >= 0 || (errno != EOPNOTSUPP && errno != EINVAL && errno != ENOSYS && errno != EPERM)) return n;
        way_ = Way::polled;
    }
    pollfd room{fd_, POLLOUT, 0};
    if (poll(&room, 1, 0) == 1 && (room.revents & POLLOUT)) return writev(fd_, pieces, count);
    errno = EAGAIN;
    return -1;
}

bool LineOutput::write(std::string_view text, std::string_view end) noexcept {
    std::array<std::string_view, 3> left{is_cut_ ? std::string_view{"\n"} : std::string_view{}, text, end};
    bool has_begun = false;
    while (true) {
        std::array<iovec, 3> pieces;
        int count = 0;
        for (const std::string_view piece : left)
            if (!piece.empty()) pieces[count++] = {const_cast<char*>(piece.data()), piece.size()};
        if (count == 0) break;
        const ssize_t n = put(pieces.data(), count);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) {
            is_cut_ = is_cut_ || has_begun;
            return false;
        }
        has_begun = true;
        auto taken = static_cast<std::size_t>(n);
        for (std::string_view& piece : left) {
            const std::size_t of_this = std::min(taken, piece.size());
            piece.remove_prefix(of_this);
            taken -= of_this;
        }
    }
    is_cut_ = false;
    return true;
}

}  // namespace reelgate::posix
