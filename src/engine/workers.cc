// Owns the threads: the configured number that serve events, and those of devices; and the Handler of each, made from
// the current settings.
// SPDX-License-Identifier: MIT
#include "engine/workers.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "engine/exchange.h"

namespace reelgate::engine {

namespace {

/// Bytes that a thread reads at a time. A request has a few KiB.
constexpr std::size_t read_length = std::size_t{64} << 10;

/// How long asking the catalogue may take before it counts as slow; a look-up takes microseconds.
constexpr std::chrono::milliseconds slow_asking{50};

}  // namespace

Workers::Workers(unsigned count, EventLoop& loop, Storage& storage, HandlerSettings handler, Prepare prepare)
    : count_(count), loop_(loop), storage_(storage), prepare_(std::move(prepare)), handler_(std::move(handler)),
      keep_(asks_variables(handler_) ? gateway::Keep::all : gateway::Keep::none) {}

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
        // Added to slots_ only when complete, so that a failure leaves no half-made worker.
        std::list<Slot> made;
        free = made.emplace(made.end());
        Worker& worker = free->worker;
        worker.buffer.resize(read_length);
        worker.storage = &storage_;
        worker.keep = &keep_;
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

/// Starts a thread of a device, or, with a null lane, one that serves events. Needs mutex_.
void Workers::start_thread(Lane* lane) {
    Worker& worker = take_slot(lane);
    ++running_;
    try {
        // Detached, since the kernel may hold it for ever: wait() counts the threads.
        std::thread{[this, &worker] { run(worker); }}.detach();
    } catch (...) {
        --running_;
        release_slot(worker);
        throw;
    }
}

void Workers::run(Worker& worker) noexcept {
    worker.note_thread();
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

/// Keeps count_ threads serving events while `held` others are stuck in storage. One device holds count_ of them at the
/// most: it counts as slow then, and the others leave it alone.
void Workers::replace(unsigned held) noexcept {
    const std::lock_guard lock{mutex_};
    const unsigned wanted = count_ + held;
    try {
        for (; serving_ < wanted; ++serving_) start_thread(nullptr);
    } catch (const std::exception&) {
        // The next look tries again.
    }
    surplus_ = serving_ - std::min(serving_, wanted);
}

/// Returns whether the calling thread, which serves events, is one too many and must end.
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
    keep_ = asks_variables(handler) ? gateway::Keep::all : gateway::Keep::none;
    handler_ = std::move(handler);
    ++version_;
}

/// Returns whether all other threads that could serve events have been asking the catalogue for too long.
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
        std::unique_lock lock{handler_mutex_};
        HandlerSettings settings = handler_;
        const std::uint64_t version = version_;
        lock.unlock();
        worker.replace_handler(std::make_unique<Handler>(std::move(settings)));
        worker.version = version;
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
    const bool is_last_try = age >= catalog::lock_patience;
    // Keeps one thread free for sending. A burst of look-ups that start together can still take all of them; aborting
    // those would only repeat their work.
    if (count_ > 1 && in_catalog_ >= count_ && are_others_in_catalog(worker)) {
        if (is_last_try) return unavailable(request, "Catalogue not available");
        return Busy{};
    }
    try {
        Outcome outcome = handler_of(worker).answer(
            request, is_last_try ? catalog::WhenLocked::fail : catalog::WhenLocked::come_again, &worker);
        // Here, so that the log has the notes even if another thread has answered meanwhile.
        auto logged = answer_log_.begin(request, outcome);
        return Answer{std::move(outcome.response), std::move(outcome.film), std::move(logged), outcome.catalog_use,
                      outcome.may_grow, outcome.refused, !outcome.link_key.empty()};
    } catch (const catalog::CatalogBusy&) {
        return Busy{};
    } catch (const media::StorageBusy& busy) {
        return Busy{&storage_.lane_of(busy.device)};
    }
}

void Workers::add_to(Counts& sum) const {
    each([&sum](const Worker& worker) { worker.tally.add_to(sum); });
}

}  // namespace reelgate::engine
