// Owns what a service manager and we say to each other, in systemd's two protocols: the sockets that it hands over
// (sd_listen_fds(3)), and the states that it is told (sd_notify(3)).
// Does not need its library, and does nothing where no such manager has started us.
// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <string_view>

#include "posix/unique_fd.h"

namespace reelgate::gateway {

/// Tells how many sockets were handed over to the process `self`: 0 when there are none, or they are for another. The
/// values are those of LISTEN_PID and LISTEN_FDS; null is absence. Throws std::invalid_argument with the reason.
unsigned handed_over_sockets(const char* listen_pid, const char* listen_fds, pid_t self);

/// Takes the listening socket that was handed over; none when there is none. The variables that announce it go from the
/// environment, whatever comes of it: no child shall take it for its own. Throws std::invalid_argument with the reason
/// when there are several, or it is not a stream socket that listens.
posix::UniqueFd take_handed_over_socket();

/// Says that it serves, and what there is to say of it in one line. Also ends a reload.
std::string ready_message(std::string_view status);

/// Says that the settings are being read anew, since `now` on the monotonic clock.
std::string reloading_message(std::chrono::microseconds now);

/// Says that it is ending, and that this may take `grace`.
std::string stopping_message(std::chrono::seconds grace);

/// Where the states are told.
class Notifier {
public:
    /// At `place`, the value of NOTIFY_SOCKET: a path, or an abstract name after @. Empty: nowhere.
    explicit Notifier(std::string place) : place_(std::move(place)) {}

    /// At NOTIFY_SOCKET, which goes from the environment.
    static Notifier from_environment();

    /// Sends a message as one datagram. Throws std::system_error or std::runtime_error when it cannot be sent.
    void send(std::string_view message) const;

private:
    std::string place_;
};

}  // namespace reelgate::gateway
