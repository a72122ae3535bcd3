// Owns what other threads may know of a connection, and do to it, while one thread has it.
// SPDX-License-Identifier: MIT
#include "engine/connection_view.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "posix/poll.h"

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

bool ConnectionView::has_gone() const { return posix::has_hung_up(fd_); }

bool ConnectionView::has_news(bool is_hung) const {
    const Attention attention = attention_;
    if (attention == Attention::ended && is_hung) return true;
    return posix::is_reported(fd_, attention == Attention::heard ? POLLIN | POLLRDHUP : 0);
}

void ConnectionView::stop_reading() { shutdown(fd_, SHUT_RD); }

}  // namespace reelgate::engine
