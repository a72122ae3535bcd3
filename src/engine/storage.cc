// Owns the health of film storage: a lane for each device, and the watch that finds devices that do not
// answer.
// SPDX-License-Identifier: MIT
#include "engine/storage.h"

#include <algorithm>
#include <utility>

#include "engine/worker.h"

namespace reelgate::engine {

namespace {

/// Interval between looks of the watch while any thread is in a device.
constexpr std::chrono::milliseconds look_time{10};

/// Number of quiet looks in a row after which the watch looks less often, and lets go of unused folders; the interval
/// between those looks; and the number after which it sleeps.
constexpr int short_looks = 20;
constexpr std::chrono::seconds long_look_time{1};
constexpr int all_looks = 30;

}  // namespace

void Storage::start(Threads threads) {
    threads_ = std::move(threads);
    watch_ = std::thread{[this] { run(); }};
}

void Storage::stop() noexcept {
    {
        const std::lock_guard lock{mutex_};
        is_over_ = true;
    }
    woken_.notify_all();
    if (watch_.joinable()) watch_.join();
    const std::lock_guard lock{lanes_mutex_};
    for (Lane& lane : lanes_) lane.end();
}

Lane& Storage::lane_of(dev_t device) {
    const std::lock_guard lock{lanes_mutex_};
    const auto found = std::find_if(lanes_.begin(), lanes_.end(),
                                    [device](const Lane& lane) { return lane.device() == device; });
    return found != lanes_.end() ? *found : lanes_.emplace_back(device, threads_.start);
}

void Storage::wake() noexcept {
    {
        const std::lock_guard lock{mutex_};
        is_watching_ = true;
    }
    woken_.notify_all();
}

void Storage::run() noexcept {
    const auto is_woken = [this] { return is_over_ || is_watching_; };
    int quiet_looks = all_looks;
    std::unique_lock lock{mutex_};
    while (!is_over_) {
        if (quiet_looks < short_looks)
            woken_.wait_for(lock, look_time, [this] { return is_over_; });
        else if (quiet_looks >= all_looks)
            woken_.wait(lock, is_woken);
        // No wait before the first long step: a thread that has entered a device since the last look wakes nobody.
        else if (quiet_looks > short_looks)
            woken_.wait_for(lock, long_look_time, is_woken);
        if (quiet_looks >= short_looks && is_watching_) quiet_looks = 0;
        lock.unlock();
        quiet_looks = look() ? 0 : quiet_looks + 1;
        if (quiet_looks > short_looks) threads_.each([](Worker& worker) { worker.let_go_of_storage(); });
        lock.lock();
        // Woken during a long step's look, which may have run too early to see the reason.
        if (quiet_looks > short_looks && is_watching_) quiet_looks = 0;
        is_watching_ = quiet_looks < short_looks;
    }
}

/// Finds the threads that are held, and the devices that hold them. Returns whether there is anything to watch.
bool Storage::look() noexcept {
    const Clock::duration now = Clock::now().time_since_epoch();
    const std::chrono::nanoseconds timeout = timeout_.load();
    unsigned held = 0;
    bool is_busy = false;
    const auto look_at = [&](Worker& worker) {
        const Visit visit = worker.visit();
        is_busy = is_busy || visit.lane;
        if (!visit.lane || now - visit.since < Lane::slow_operation) return;
        visit.lane->note_slow(visit.since, now);
        if (!worker.lane) ++held;
        if (now - visit.since >= timeout) worker.turn_away();
    };
    threads_.each(std::ref(look_at));  // by reference, which allocates nothing
    threads_.replace(held);
    {
        const std::lock_guard lock{lanes_mutex_};
        for (Lane& lane : lanes_) is_busy = lane.judge(now, timeout) || is_busy;
    }
    // Only now: those who wait are turned away before anything is said.
    while (Lane* const lane = lane_with_news()) lane->tell_news();
    return is_busy;
}

Lane* Storage::lane_with_news() noexcept {
    const std::lock_guard lock{lanes_mutex_};
    const auto found = std::find_if(lanes_.begin(), lanes_.end(), [](const Lane& lane) { return lane.has_news(); });
    return found != lanes_.end() ? &*found : nullptr;
}

std::vector<Storage::Hung> Storage::hung() const {
    std::vector<const Lane*> lanes;
    {
        const std::lock_guard lock{lanes_mutex_};
        for (const Lane& lane : lanes_)
            if (lane.is_hung()) lanes.push_back(&lane);
    }
    std::vector<Hung> found;
    const Clock::duration now = Clock::now().time_since_epoch();
    for (const Lane* const lane : lanes) {
        const Clock::duration since = lane->hung_since();
        if (since == Clock::duration{}) continue;
        std::size_t waiting = lane->waiting();
        threads_.each([&](Worker& worker) { waiting += worker.visit().lane == lane ? 1 : 0; });
        found.push_back({lane->folder(), now - since, waiting});
    }
    return found;
}

}  // namespace reelgate::engine
