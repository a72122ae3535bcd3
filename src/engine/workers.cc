// Owns the threads: those that serve events, as many as there shall be, and those of devices; and each one's Handler,
// made from the settings that are in force.
// SPDX-License-Identifier: MIT
#include "engine/workers.h"

#include <algorithm>
#include <thread>
#include <utility>

namespace reelgate::engine {

namespace {

/// Bytes that a thread reads at a time. A request is some KiB.
constexpr std::size_t read_length = std::size_t{64} << 10;

/// How long asking the catalogue may take until it counts as slow: a look-up takes microseconds.
constexpr std::chrono::milliseconds slow_asking{50};

/// How many times as many threads as are to serve events there may be: the others are held by storage.
constexpr unsigned max_held = 4;

}  // namespace

Workers::Workers(unsigned count, EventLoop& loop, Storage& storage, HandlerSettings handler, Prepare prepare)
    : count_(count), loop_(loop), storage_(storage), prepare_(std::move(prepare)), handler_(std::move(handler)) {}

void Workers::start() {
    storage_.start({.start = [this](Lane& lane) {
                        const std::lock_guard lock{mutex_};
                        start_thread(&lane);
                    },
                    .each = [this](const auto& look) { each(look); },
                    .replace = [this](unsigned held) { replace(held); }});
    const std::lock_guard lock{mutex_};
    for (; serving_ < count_; ++serving_) start_thread(nullptr);
}

bool Workers::wait(std::chrono::milliseconds time) {
    std::unique_lock lock{mutex_};
    return ended_.wait_for(lock, time, [this] { return running_ == 0; });
}

void Workers::each(const std::function<void(Worker&)>& look) const {
    const std::lock_guard lock{mutex_};
    for (Slot& slot : slots_) look(slot.worker);
}

Worker& Workers::take_slot(Lane* lane) {
    auto free = std::find_if(slots_.begin(), slots_.end(), [](const Slot& slot) { return !slot.is_taken; });
    if (free == slots_.end()) {
        // Not among the others before it is whole: what fails meanwhile leaves nothing that another thread would take.
        std::list<Slot> made;
        free = made.emplace(made.end());
        Worker& worker = free->worker;
        worker.buffer.resize(read_length);
        worker.storage = &storage_;
        worker.answer = [this, &worker](const http::Request& request, Clock::duration age) {
            return answer(request, age, worker);
        };
        prepare_(worker);
        slots_.splice(slots_.end(), made);
    }
    free->is_taken = true;
    free->worker.lane = lane;
    return free->worker;
}

/// Starts a thread of a device, or one that serves events. Needs mutex_.
void Workers::start_thread(Lane* lane) {
    Worker& worker = take_slot(lane);
    ++running_;
    try {
        // Nobody joins one that the kernel may hold for ever: wait() counts them.
        std::thread{[this, &worker] { run(worker); }}.detach();
    } catch (...) {
        --running_;
        release_slot(worker);
        throw;
    }
}

void Workers::run(Worker& worker) noexcept {
    if (worker.lane)
        worker.lane->serve(worker);
    else
        loop_.run(worker, [this] { return is_surplus(); });
    const std::lock_guard lock{mutex_};
    release_slot(worker);
    if (--running_ == 0) ended_.notify_all();
}

void Workers::release_slot(Worker& worker) noexcept {
    const auto slot = std::find_if(slots_.begin(), slots_.end(), [&](const Slot& s) { return &s.worker == &worker; });
    slot->is_taken = false;
}

/// Has count_ threads serve events although `held` of them are in storage.
void Workers::replace(unsigned held) noexcept {
    const std::lock_guard lock{mutex_};
    const unsigned wanted = std::min(count_ + held, count_ * max_held);
    try {
        for (; serving_ < wanted; ++serving_) start_thread(nullptr);
    } catch (const std::exception&) {
        // It is tried again at the next look.
    }
    surplus_ = serving_ - std::min(serving_, wanted);
}

/// Tells whether the calling thread, which serves events, is one too many; then it has to end.
bool Workers::is_surplus() noexcept {
    if (surplus_.load(std::memory_order_relaxed) == 0) return false;
    const std::lock_guard lock{mutex_};
    if (surplus_ == 0) return false;
    --surplus_;
    --serving_;
    return true;
}

void Workers::change_handler(HandlerSettings handler) {
    const std::lock_guard lock{handler_mutex_};
    handler_ = std::move(handler);
    ++version_;
}

/// Tells whether the other threads that could serve events have all been asking the catalogue for long.
bool Workers::are_others_in_catalog(const Worker& worker) const {
    const Clock::duration latest = Clock::now().time_since_epoch() - slow_asking;
    unsigned slow = 0;
    const auto look_at = [&](const Worker& other) {
        const Clock::duration since = other.in_catalog_since();
        slow += &other != &worker && since.count() > 0 && since < latest ? 1 : 0;
    };
    each(std::ref(look_at));
    return slow + 1 >= count_;
}

Handler& Workers::handler_of(Worker& worker) {
    if (!worker.has_handler() || worker.version != version_) {
        const std::lock_guard lock{handler_mutex_};
        worker.replace_handler(std::make_unique<Handler>(handler_));
        worker.version = version_;
    }
    return worker.handler();
}

std::variant<Answer, Busy> Workers::answer(const http::Request& request, Clock::duration age, Worker& worker) {
    struct Leave {
        Worker& worker;
        ~Leave() {
            worker.leave_catalog();
            worker.leave();
        }
    } const leave{worker};
    worker.enter_catalog(in_catalog_);
    // One thread stays with the viewers that are being sent to. Only a burst of look-ups that begin at one moment, and
    // are all slow, can take all, once: to give up a long one would have its work done again and again.
    if (count_ > 1 && in_catalog_ >= count_ && are_others_in_catalog(worker)) return Busy{};
    const bool is_last_try = age >= media::lock_patience;
    try {
        return handler_of(worker).answer(
            request, {is_last_try ? media::WhenLocked::fail : media::WhenLocked::come_again}, &worker);
    } catch (const media::CatalogBusy&) {
        return Busy{};
    } catch (const media::StorageBusy& busy) {
        return Busy{&storage_.lane_of(busy.device)};
    }
}

void Workers::add_to(Counts& sum) const {
    each([&sum](const Worker& worker) { worker.tally.add_to(sum); });
}

}  // namespace reelgate::engine
