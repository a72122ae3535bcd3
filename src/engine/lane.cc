// Owns the queues for one device, and the few threads that do what might block on it.
// SPDX-License-Identifier: MIT
#include "engine/lane.h"

#include <algorithm>
#include <array>
#include <exception>
#include <new>
#include <utility>

#include "engine/worker.h"
#include "log.h"
#include "posix/mounts.h"

namespace reelgate::engine {

namespace {

/// Threads that one device may hold. More than one, since a disk or a network works better on several requests at a
/// time; not many, since look-ups in a hung folder queue up in the kernel behind the first.
constexpr unsigned max_threads = 4;

/// A look that sees a thread wait for the device counts this much; one that does not takes one off. So a device for
/// which threads wait a quarter of the time becomes slow in the end, and one for which they always wait in 50 ms.
constexpr int weight_of_wait = 3;
constexpr int max_waits = 5 * weight_of_wait;

/// How long a device counts as slow after its last slow operation.
constexpr std::chrono::seconds slow_time{2};

/// Limit on the waiting transfers whose peers are polled at each look. Each poll is a system call; a thousand in a row
/// would delay other threads.
constexpr std::size_t max_polled = 16;

/// Threads of a device that may send one film: a bad place of a disk must not hold them all.
constexpr std::ptrdiff_t max_threads_of_film = 2;

/// How long a thread of the device waits for more work.
constexpr std::chrono::seconds idle_time{2};

}  // namespace

void Lane::wait(Waiting& who, Waiting::For what) {
    const std::lock_guard lock{mutex_};
    sent_films_.reserve(max_threads);
    auto& queue = what == Waiting::For::opening ? opening_ : sending_;
    queue.push_back(&who);
    try {
        add_thread();
    } catch (...) {
        queue.pop_back();
        throw;
    }
    changed_.notify_one();
}

bool Lane::drop(std::shared_ptr<const posix::UniqueFd>& open) noexcept {
    const std::lock_guard lock{mutex_};
    try {
        // Moved: the caller must not be the last owner.
        films_.push_back(std::move(open));
    } catch (const std::bad_alloc&) {
        return false;
    }
    try {
        // One thread closes all that come at once.
        if (films_.size() == 1) add_thread();
    } catch (const std::exception&) {
        // Without a thread it waits for the next one, or for close_on().
    }
    changed_.notify_one();
    return true;
}

bool Lane::close_on() noexcept {
    const std::lock_guard lock{mutex_};
    if (films_.empty()) return false;
    try {
        if (threads_ == 0) add_thread();
    } catch (const std::exception&) {
        // The next look tries again.
    }
    return true;
}

/// Starts a thread if more wait than threads are free, up to the maximum. Throws only if there is no thread at all.
void Lane::add_thread() {
    if (opening_.size() + sending_.size() + films_.size() <= free_threads_ || threads_ == max_threads) return;
    try {
        ++threads_;
        start_thread_(*this);
    } catch (const std::exception&) {
        if (--threads_ == 0) throw;
    }
}

/// Returns the kind of work that comes next: of those that wait, the one behind the last in the order of the kinds.
/// Returns nothing if there is nothing to do.
std::optional<Lane::Work> Lane::next_work() const {
    const std::array<bool, 3> is_waiting{!opening_.empty(), next_sender() != sending_.end(), !films_.empty()};
    for (std::size_t i = 1; i <= is_waiting.size(); ++i) {
        const std::size_t kind = (static_cast<std::size_t>(last_work_) + i) % is_waiting.size();
        if (is_waiting[kind]) return static_cast<Work>(kind);
    }
    return std::nullopt;
}

/// Returns the first of those that send whose film is not sent by too many threads.
std::deque<Waiting*>::const_iterator Lane::next_sender() const {
    return std::find_if(sending_.begin(), sending_.end(), [this](const Waiting* who) {
        return std::count(sent_films_.begin(), sent_films_.end(), who->film()) < max_threads_of_film;
    });
}

/// Lets one that has waited go on, without the lock.
void Lane::go_on(std::unique_lock<std::mutex>& lock, Waiting& who, Worker& worker) noexcept {
    const void* const film = who.film();
    // There is room: one for each thread.
    if (film) sent_films_.push_back(film);
    lock.unlock();
    who.go_on(worker);
    lock.lock();
    if (!film) return;
    sent_films_.erase(std::find(sent_films_.begin(), sent_films_.end(), film));
    changed_.notify_one();  // for another that sends the same
}

/// Does one piece of work. Returns false if there is nothing to do.
bool Lane::take(std::unique_lock<std::mutex>& lock, Worker& worker) noexcept {
    const auto work = next_work();
    if (!work) return false;
    last_work_ = *work;
    switch (*work) {
        case Work::opening: {
            Waiting* const who = opening_.front();
            opening_.pop_front();
            go_on(lock, *who, worker);
            break;
        }
        case Work::sending: {
            const auto next = next_sender();
            Waiting* const who = *next;
            sending_.erase(next);
            go_on(lock, *who, worker);
            break;
        }
        case Work::closing: {
            auto film = std::move(films_.front());
            films_.pop_front();
            lock.unlock();
            worker.enter_to_send(device_);  // so that the watch sees a closing that blocks
            film.reset();
            worker.leave_after_closing();
            lock.lock();
        }
    }
    return true;
}

void Lane::serve(Worker& worker) noexcept {
    std::unique_lock lock{mutex_};
    while (!is_over_) {
        while (!is_over_ && take(lock, worker)) {}
        ++free_threads_;
        const bool is_wanted = changed_.wait_for(lock, idle_time, [this] { return is_over_ || next_work(); });
        --free_threads_;
        if (!is_wanted) break;
    }
    --threads_;
}

void Lane::end() noexcept {
    const std::lock_guard lock{mutex_};
    is_over_ = true;
    changed_.notify_all();
}

std::size_t Lane::waiting() const {
    const std::lock_guard lock{mutex_};
    return opening_.size() + sending_.size();
}

void Lane::note_slow(Clock::duration since, Clock::duration now) {
    is_watched_ = true;
    slow_until_ = now + slow_time;
    if (seen_.oldest == Clock::duration{} || since < seen_.oldest) seen_.oldest = since;
}

bool Lane::judge(Clock::duration now, std::chrono::nanoseconds timeout) noexcept {
    const int change = std::exchange(seen_.is_waited_for, false) ? weight_of_wait : -1;
    seen_.waits = std::clamp(seen_.waits + change, 0, max_waits);
    if (seen_.waits == max_waits) {
        is_watched_ = true;
        slow_until_ = now + slow_time;
    }
    const Clock::duration oldest = std::exchange(seen_.oldest, {});
    // Slow storage still answers now and then; hung storage answers nothing.
    const Clock::duration silent_since = std::max(oldest, last_answer_.load());
    const bool is_silent = oldest != Clock::duration{} && now - silent_since >= timeout;
    if (is_silent != is_hung()) {
        hung_since_ = is_silent ? silent_since : Clock::duration{};
        seen_.news = is_silent ? News::hangs : News::answers;
    }
    turn_away();
    if (!is_slow(now)) is_watched_ = false;
    return is_watched_;
}

void Lane::turn_away() noexcept {
    // Under the lock: a connection that has left its queue may be destroyed.
    const std::lock_guard lock{mutex_};
    if (is_hung()) {
        for (Waiting* who : opening_) who->turn_away();
        opening_.clear();
    }
    for (std::size_t i = 0, count = std::min(max_polled, sending_.size()); i < count; ++i) {
        next_polled_ %= sending_.size();
        Waiting* const who = sending_[next_polled_];
        if (!who->has_news(is_hung())) {
            ++next_polled_;
            continue;
        }
        sending_.erase(sending_.begin() + static_cast<std::ptrdiff_t>(next_polled_));
        who->turn_away();
    }
}

void Lane::tell_news() noexcept {
    const News news = std::exchange(seen_.news, News::none);
    if (news == News::none) return;
    std::string name;
    try {
        name = folder();
    } catch (const std::exception&) {
        name = "a folder";  // there is no memory to name it
    }
    if (news == News::hangs)
        log_change("storage-hangs", name);
    else
        log_change("storage-answers", name);
}

Lane::Films Lane::take_films() {
    const std::lock_guard lock{mutex_};
    return std::exchange(films_, {});
}

std::string Lane::folder() const { return posix::mount_point_of(device_); }

}  // namespace reelgate::engine
