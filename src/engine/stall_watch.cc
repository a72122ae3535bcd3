// Owns the deadlines of peers: how long one may do nothing, and when that is checked.
// SPDX-License-Identifier: MIT
#include "engine/stall_watch.h"

#include <utility>

namespace reelgate::engine {

namespace {

/// Looks during one timeout: a late peer stays for at most 1/precision of the timeout longer.
constexpr int precision = 8;

/// How long a peer that has taken everything may keep its connection open.
constexpr std::chrono::seconds linger_time{2};

}  // namespace

StallWatch::StallWatch(EventLoop& loop, std::chrono::seconds timeout, Timer::Action look)
    : timeout_(timeout), timer_(loop, std::move(look)) {}

void StallWatch::set_timeout(std::chrono::seconds timeout) noexcept {
    timeout_ = timeout;
    // The timer runs by the old timeout, or is off.
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
    // Read again, and once: a thread may have taken the connection meanwhile.
    const auto since = connection.waiting_since();
    const auto patience = patience_with(connection);
    return since.count() > 0 && patience.count() > 0 && since + patience <= Clock::now().time_since_epoch();
}

/// Returns how long the peer of a connection may do nothing; zero: for ever.
std::chrono::nanoseconds StallWatch::patience_with(const ConnectionView& connection) const {
    return connection.awaits_end() ? linger_time : timeout_.load();
}

/// Returns how soon to look again at a connection that is at `situation`; zero: never. A lingering peer takes bytes
/// without causing an event.
std::chrono::nanoseconds StallWatch::look_time(Situation situation) const {
    switch (situation) {
        case Situation::waiting: return std::chrono::nanoseconds{timeout_.load()} / precision;
        case Situation::lingering: return std::chrono::nanoseconds{linger_time} / precision;
        default: return {};
    }
}

/// Schedules a look after `delay`, unless one is due sooner.
void StallWatch::look_within(std::chrono::nanoseconds delay) noexcept {
    const Clock::duration due = Clock::now().time_since_epoch() + delay;
    if (next_look_.load() <= due) return;
    const std::lock_guard lock{mutex_};
    if (next_look_.load() <= due) return;
    next_look_ = timer_.start(delay) ? due : Clock::duration::max();
}

void StallWatch::begin_look() noexcept {
    const std::lock_guard lock{mutex_};
    next_look_ = Clock::duration::max();
}

}  // namespace reelgate::engine
