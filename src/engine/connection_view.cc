// Owns what other threads may know of a connection, and do to it, while one thread has it.
// SPDX-License-Identifier: MIT
#include "engine/connection_view.h"

#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace reelgate::engine {

Clock::duration ConnectionView::waiting_since() const {
    const Situation situation = situation_;
    const bool is_waiting = situation == Situation::waiting || situation == Situation::lingering;
    return is_waiting ? Clock::duration{progress_} : Clock::duration{};
}

void ConnectionView::look_at_peer() {
    int untaken = 0;
    // Only a decrease counts: an increase is what we have written.
    if (ioctl(fd_, SIOCOUTQ, &untaken) == 0 && untaken < untaken_.exchange(untaken)) note_progress();
}

void ConnectionView::cut_off() {
    is_cut_off_ = true;
    shutdown(fd_, SHUT_RDWR);
}

bool ConnectionView::has_gone() const { return is_reported(0); }

bool ConnectionView::has_news() const { return is_reported(is_heard_ ? POLLIN | POLLRDHUP : 0); }

/// Returns whether one of `events`, POLLERR or POLLHUP is reported now.
bool ConnectionView::is_reported(short events) const {
    pollfd state{fd_, events, 0};
    return poll(&state, 1, 0) == 1;
}

void ConnectionView::stop_reading() { shutdown(fd_, SHUT_RD); }

}  // namespace reelgate::engine
