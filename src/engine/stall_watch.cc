// Owns the deadlines of peers: for how long one may do nothing, and when that is looked at.
// SPDX-License-Identifier: MIT
#include "engine/stall_watch.h"

#include <utility>

namespace reelgate::engine {

namespace {

/// How much longer than the timeout, in parts of it, a peer that does nothing may stay.
constexpr int precision = 8;

/// How long a peer that has taken everything may keep its connection.
constexpr std::chrono::seconds linger_time{2};

}  // namespace

StallWatch::StallWatch(EventLoop& loop, std::chrono::seconds timeout, Timer::Action look)
    : timeout_(timeout), timer_(loop, std::move(look)) {}

void StallWatch::set_timeout(std::chrono::seconds timeout) noexcept {
    timeout_ = timeout;
    // The timer goes by the old timeout, or does not run at all.
    if (timeout.count() > 0) look_within(std::chrono::nanoseconds{timeout} / precision);
}

void StallWatch::watch(Situation situation) noexcept {
    const auto delay = look_time(situation);
    if (delay.count() > 0) look_within(delay);
}

bool StallWatch::is_late(ConnectionView& connection) noexcept {
    if (connection.waiting_since().count() == 0) return false;
    watch(connection.situation());
    connection.look_at_peer();
    // Asked again, and once: a thread may have taken the connection meanwhile.
    const auto since = connection.waiting_since();
    const auto patience = patience_with(connection);
    return since.count() > 0 && patience.count() > 0 && since + patience <= Clock::now().time_since_epoch();
}

/// How long the peer of a connection may do nothing; zero: for ever.
std::chrono::nanoseconds StallWatch::patience_with(const ConnectionView& connection) const {
    return connection.awaits_end() ? linger_time : timeout_.load();
}

/// How soon a connection is to be looked at again that is at `situation`; zero: never. A lingering peer takes bytes
/// without an event.
std::chrono::nanoseconds StallWatch::look_time(Situation situation) const {
    switch (situation) {
        case Situation::waiting: return std::chrono::nanoseconds{timeout_.load()} / precision;
        case Situation::lingering: return std::chrono::nanoseconds{linger_time} / precision;
        default: return {};
    }
}

/// Has the look take place when `delay` is over, if not earlier.
void StallWatch::look_within(std::chrono::nanoseconds delay) noexcept {
    const Clock::duration due = Clock::now().time_since_epoch() + delay;
    if (next_look_.load() <= due) return;
    const std::lock_guard lock{mutex_};
    if (next_look_.load() <= due) return;
    next_look_ = timer_.start(delay) ? due : Clock::duration::max();
}

}  // namespace reelgate::engine
