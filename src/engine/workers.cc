// Owns the threads that serve events, and each one's Handler, made from the settings that are in force.
// SPDX-License-Identifier: MIT
#include "engine/workers.h"

#include <algorithm>
#include <utility>

namespace reelgate::engine {

namespace {

/// Bytes that a thread reads at a time. A request is some KiB.
constexpr std::size_t read_length = std::size_t{64} << 10;

/// How long asking the catalogue may take until it counts as slow: a look-up takes microseconds.
constexpr std::chrono::milliseconds slow_asking{50};

/// Counts a thread among those that ask the catalogue, as long as this lives.
class Asking {
public:
    Asking(std::atomic<unsigned>& all, Worker& worker) : all_(all), worker_(worker), count_(++all) {
        worker.asking_since = Clock::now().time_since_epoch().count();
    }
    Asking(const Asking&) = delete;
    Asking& operator=(const Asking&) = delete;
    ~Asking() {
        worker_.asking_since = 0;
        --all_;
    }

    unsigned count() const { return count_; }  ///< of those who ask, this one included

private:
    std::atomic<unsigned>& all_;
    Worker& worker_;
    unsigned count_;
};

}  // namespace

Workers::Workers(unsigned count, HandlerSettings handler) : handler_(std::move(handler)) {
    for (unsigned i = 0; i < count; ++i) {
        auto worker = std::make_unique<Worker>();
        worker->buffer.resize(read_length);
        worker->answer = [this, lent = worker.get()](const http::Request& request, bool is_last_try) {
            return answer(request, *lent, is_last_try);
        };
        workers_.push_back(std::move(worker));
    }
}

void Workers::start(EventLoop& loop) {
    for (const auto& worker : workers_) threads_.emplace_back([&loop, &worker] { loop.run(*worker); });
}

void Workers::join() {
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
}

void Workers::change_handler(HandlerSettings handler) {
    const std::lock_guard lock{handler_mutex_};
    handler_ = std::move(handler);
    ++version_;
}

/// Tells whether every other thread has been asking the catalogue for long.
bool Workers::are_others_slow(const Worker& worker) const {
    const Clock::duration latest = Clock::now().time_since_epoch() - slow_asking;
    return std::all_of(workers_.begin(), workers_.end(), [&](const std::unique_ptr<Worker>& other) {
        const Clock::duration since{other->asking_since};
        return other.get() == &worker || (since.count() > 0 && since < latest);
    });
}

Handler& Workers::handler_of(Worker& worker) {
    if (worker.version != version_) {
        const std::lock_guard lock{handler_mutex_};
        worker.handler = std::make_unique<Handler>(handler_);
        worker.version = version_;
    }
    return *worker.handler;
}

std::optional<Answer> Workers::answer(const http::Request& request, Worker& worker, bool is_last_try) {
    const Asking asking{asking_, worker};
    // One thread stays with the viewers that are being sent to. Only a burst of look-ups that begin at one moment, and
    // are all slow, can take all, once: to give up a long one would have its work done again and again.
    const bool is_last_thread = workers_.size() > 1 && asking.count() == workers_.size();
    if (is_last_thread && are_others_slow(worker)) return std::nullopt;
    try {
        return handler_of(worker).answer(request,
                                         {is_last_try ? media::WhenLocked::fail : media::WhenLocked::come_again});
    } catch (const media::CatalogBusy&) {
        return std::nullopt;
    }
}

void Workers::add_to(Counts& sum) const {
    for (const auto& worker : workers_) worker->tally.add_to(sum);
}

}  // namespace reelgate::engine
