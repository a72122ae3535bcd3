// Owns the talk with a service manager, in systemd's two protocols: the sockets that it hands over (sd_listen_fds(3)),
// and the states that we report (sd_notify(3)).
// Does not need systemd's library, and does nothing without a service manager.
// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <string_view>

#include "posix/unique_fd.h"

namespace reelgate::gateway {

/// Returns the number of sockets handed over to the process `self`: 0 also if they are for another. Takes the values of
/// LISTEN_PID and LISTEN_FDS, null if absent. Throws posix::FailureError with the reason.
unsigned handed_over_sockets(const char* listen_pid, const char* listen_fds, pid_t self);

/// Takes the listening socket that was handed over; returns none without one. Always removes the variables that
/// announce it from the environment, so that no child takes it for its own. Throws posix::FailureError with the
/// reason if there are several, or it is not a stream socket that listens.
posix::UniqueFd take_handed_over_socket();

/// Formats the message that the server is ready, with `status` as one line. Also ends a reload.
std::string ready_message(std::string_view status);

/// Formats the message that a reload begins, at `now` on the monotonic clock.
std::string reloading_message(std::chrono::microseconds now);

/// Formats the message that the server is stopping, and may take `grace` for it.
std::string stopping_message(std::chrono::seconds grace);

/// Sends messages to the service manager.
class Notifier {
public:
    /// Sends to `place`, a value of NOTIFY_SOCKET: a path, or an abstract name after @. Empty: sends nothing.
    explicit Notifier(std::string place) : place_(std::move(place)) {}

    /// Takes NOTIFY_SOCKET, and removes it from the environment.
    static Notifier from_environment();

    /// Sends a message as one datagram. Throws posix::FailureError if that fails.
    void send(std::string_view message) const;

private:
    std::string place_;
};

}  // namespace reelgate::gateway
