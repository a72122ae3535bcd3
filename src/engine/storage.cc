// Owns the health of film storage: a lane for each device, and the watch that finds devices that do not
// answer.
// SPDX-License-Identifier: MIT
#include "engine/storage.h"

#include <algorithm>
#include <new>
#include <utility>

#include "engine/worker.h"
#include "posix/thread_state.h"

namespace reelgate::engine {

namespace {

/// Interval between looks of the watch while any thread is in a device.
constexpr std::chrono::milliseconds look_time{10};

/// Number of looks in a row without anything to see, after which the watch looks seldom.
constexpr int max_quiet_looks = 20;

/// Interval between the looks then, until nothing is open any more. Unused films and folders are let go meanwhile.
constexpr std::chrono::seconds long_look_time{1};

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
    std::unique_lock lock{mutex_};
    while (!is_over_) {
        sleep(lock);
        watch_closely(lock);
        settle(lock);
    }
}

/// Waits until a thread enters a device.
void Storage::sleep(std::unique_lock<std::mutex>& lock) {
    woken_.wait(lock, [this] { return is_over_ || is_watching_; });
}

/// Looks often, until no thread has been in a device for a while, and all devices are well.
void Storage::watch_closely(std::unique_lock<std::mutex>& lock) {
    int looks = 0;
    for (int quiet_looks = 0; !is_over_ && quiet_looks < max_quiet_looks;) {
        woken_.wait_for(lock, look_time, [this] { return is_over_; });
        lock.unlock();
        quiet_looks = look() ? 0 : quiet_looks + 1;
        // Some threads may use folders, or be held, for as long as others use none.
        if (++looks % (long_look_time / look_time) == 0) let_go_of_unused();
        lock.lock();
    }
}

/// Looks seldom, and lets go of unused films and folders, until a thread enters a device, or none is left open.
void Storage::settle(std::unique_lock<std::mutex>& lock) {
    is_watching_ = false;
    for (bool is_left = true; is_left && !is_over_ && !is_watching_;) {
        lock.unlock();
        // The first look does not wait: a thread that entered a device since the last one did not wake the watch.
        const bool is_busy = look();
        is_left = let_go_of_unused();
        lock.lock();
        if (is_busy)
            is_watching_ = true;
        else if (is_left)
            woken_.wait_for(lock, long_look_time, [this] { return is_over_ || is_watching_; });
    }
}

/// Hands what is to be closed to the lane of its device. Returns false if there is no memory for that.
bool Storage::hand_over(dev_t device, std::shared_ptr<const posix::UniqueFd>& open) noexcept {
    try {
        return lane_of(device).drop(open);
    } catch (const std::bad_alloc&) {
        return false;
    }
}

/// Has the films and folders that nobody uses closed, each by a thread of its device: closing may block, and closing
/// the last descriptor of an unmounted file system takes it down. Returns whether to look again, as long as anything is
/// open. What was taken without memory to go on is kept for the next time.
bool Storage::let_go_of_unused() noexcept {
    bool is_left = false;
    {
        const std::lock_guard lock{lanes_mutex_};
        for (Lane& lane : lanes_) is_left = lane.close_on() || is_left;
    }
    const auto take = [&](Worker& worker) { is_left = worker.take_unused(unused_) || is_left; };
    try {
        threads_.each(std::ref(take));
    } catch (const std::bad_alloc&) {
        is_left = true;
    }
    is_left = is_left || !unused_.files.empty() || !unused_.folders.empty();
    std::erase_if(unused_.files, [this](media::MediaFile& film) { return hand_over(film.device, film.fd); });
    std::erase_if(unused_.folders, [this](auto& folder) { return hand_over(folder.device, folder.fd); });
    return is_left;
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
        if (!visit.lane) return;
        if (now - visit.since < Lane::slow_operation) {
            const bool is_doubtful = now - visit.since >= Lane::doubtful_operation;
            if (is_doubtful && posix::is_thread_blocked(worker.thread())) visit.lane->note_wait();
            return;
        }
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
    // Logs last: requests are turned away first.
    while (Lane* const lane = lane_with_news()) lane->tell_news();
    return is_busy;
}

Lane* Storage::lane_with_news() noexcept {
    const std::lock_guard lock{lanes_mutex_};
    const auto found = std::find_if(lanes_.begin(), lanes_.end(), [](const Lane& lane) { return lane.has_news(); });
    return found != lanes_.end() ? &*found : nullptr;
}

std::shared_ptr<void> Storage::take_films() {
    struct Films {
        std::vector<Lane::Films> waiting;
        media::Unused kept;
        bool is_empty() const { return waiting.empty() && kept.files.empty() && kept.folders.empty(); }
    };
    auto films = std::make_shared<Films>();
    std::swap(films->kept, unused_);
    std::vector<Worker*> workers;
    const auto note = [&](Worker& worker) { workers.push_back(&worker); };
    threads_.each(std::ref(note));
    // Without the lock of all workers: a thread that opens a film holds its folder's lock, and may wait for that one.
    for (Worker* const worker : workers) worker->take_films(films->kept.files);
    const std::lock_guard lock{lanes_mutex_};
    for (Lane& lane : lanes_)
        if (Lane::Films of_lane = lane.take_films(); !of_lane.empty()) films->waiting.push_back(std::move(of_lane));
    return films->is_empty() ? nullptr : films;
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
        std::size_t threads = 0;
        threads_.each([&](Worker& worker) { threads += worker.visit().lane == lane ? 1 : 0; });
        found.push_back({lane->folder(), now - since, lane->waiting() + threads, threads});
    }
    return found;
}

}  // namespace reelgate::engine
