// Owns the talk with a service manager: the sockets that it hands over, and the states that we report.
// SPDX-License-Identifier: MIT
#include "gateway/service_manager.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <optional>

#include "gateway/listener.h"
#include "gateway/socket_name.h"
#include "posix/failure.h"

namespace reelgate::gateway {

namespace {

/// First descriptor that is handed over: SD_LISTEN_FDS_START in sd_listen_fds(3).
constexpr int first_handed_over = 3;

template <typename Number>
std::optional<Number> number_from(std::string_view text) {
    Number number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || number < 0) return std::nullopt;
    return number;
}

}  // namespace

unsigned handed_over_sockets(const char* listen_pid, const char* listen_fds, pid_t self) {
    if (!listen_pid || !listen_fds) return 0;
    const auto pid = number_from<pid_t>(listen_pid);
    if (!pid) posix::fail("sockets-no-process", listen_pid);
    // They are for a parent, which has kept the variables.
    if (*pid != self) return 0;
    const auto count = number_from<int>(listen_fds);
    if (!count) posix::fail("sockets-no-number", listen_fds);
    return static_cast<unsigned>(*count);
}

posix::UniqueFd take_handed_over_socket() {
    const auto value = [](const char* name) -> std::optional<std::string> {
        const char* text = std::getenv(name);
        return text ? std::optional<std::string>{text} : std::nullopt;
    };
    const auto pid = value("LISTEN_PID"), fds = value("LISTEN_FDS");
    for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) unsetenv(name);
    const unsigned count =
        handed_over_sockets(pid ? pid->c_str() : nullptr, fds ? fds->c_str() : nullptr, getpid());
    if (count == 0) return {};
    if (count > 1) posix::fail("sockets-many", messages::Number{count});
    if (!is_listening_socket(first_handed_over)) posix::fail("sockets-other");
    posix::UniqueFd fd{first_handed_over};
    if (fcntl(fd.get(), F_SETFD, FD_CLOEXEC) != 0) posix::throw_errno("prepare-socket");
    return fd;
}

std::string ready_message(std::string_view status) {
    std::string line{status};
    // A line's end would begin another field of the message.
    std::replace_if(line.begin(), line.end(), [](char c) { return c == '\n' || c == '\0'; }, ' ');
    return "READY=1\nSTATUS=" + line + "\n";
}

std::string reloading_message(std::chrono::microseconds now) {
    return "RELOADING=1\nMONOTONIC_USEC=" + std::to_string(now.count()) + "\nSTATUS=reloading the settings\n";
}

std::string stopping_message(std::chrono::seconds grace) {
    // Otherwise the manager kills the server after its own TimeoutStopSec=, even within --grace. A little more than
    // --grace, since the end itself takes a moment.
    constexpr std::chrono::seconds end{5};
    return "STOPPING=1\nEXTEND_TIMEOUT_USEC=" + std::to_string(std::chrono::microseconds{grace + end}.count()) +
           "\nSTATUS=finishing the running answers within " + std::to_string(grace.count()) + " s\n";
}

Notifier Notifier::from_environment() {
    const char* const place = std::getenv("NOTIFY_SOCKET");
    Notifier notifier{place ? place : ""};
    unsetenv("NOTIFY_SOCKET");
    return notifier;
}

void Notifier::send(std::string_view message) const {
    if (place_.empty()) return;
    const auto name = socket_name(place_);
    if ((place_.front() != '/' && place_.front() != '@') || !name)
        posix::fail("notify-where", place_, messages::Number{max_socket_name});
    const posix::UniqueFd fd{socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    // Without waiting: a manager that does not read must not block the server.
    if (!fd || sendto(fd.get(), message.data(), message.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                      name->address(), name->length) < 0)
        posix::throw_errno("notify", place_);
}

}  // namespace reelgate::gateway
