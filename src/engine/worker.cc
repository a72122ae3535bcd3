// Owns what a thread lends to the connection that it serves, and what other threads may know of it.
// SPDX-License-Identifier: MIT
#include "engine/worker.h"

#include <new>
#include <utility>

namespace reelgate::engine {

bool Worker::enter(dev_t device) { return enter_as(device, Waiting::For::opening); }

bool Worker::enter_to_send(dev_t device) { return enter_as(device, Waiting::For::sending); }

bool Worker::enter_as(dev_t device, Waiting::For what) {
    leave_catalog();
    if (!storage) return true;
    if (!last_lane_ || last_lane_->device() != device) last_lane_ = &storage->lane_of(device);
    const Clock::duration now = Clock::now().time_since_epoch();
    if (last_lane_ != lane && last_lane_->is_slow(now)) {
        if (!lane || what != Waiting::For::opening || last_lane_->is_hung() || !lane->begin_visit()) return false;
        is_abroad_ = true;
    }
    visited_since_.store(now, std::memory_order_relaxed);
    visited_ = last_lane_;
    storage->watch();
    return true;
}

/// Returns the lane of the device that it has left; null if it was in none.
Lane* Worker::leave_visited() noexcept {
    Lane* const visited = visited_.load(std::memory_order_relaxed);
    if (!visited) return nullptr;
    visited_.store(nullptr, std::memory_order_release);
    if (std::exchange(is_abroad_, false)) lane->end_visit();
    return visited;
}

void Worker::leave() noexcept {
    if (Lane* const visited = leave_visited()) visited->note_answer();
}

void Worker::drop(std::optional<media::MediaFile> film) noexcept {
    if (!film) return;
    try {
        films_.push_back(std::move(*film));
    } catch (const std::bad_alloc&) {
        close(std::move(*film));
    }
}

void Worker::close_films() noexcept {
    for (media::MediaFile& film : films_) close(std::move(film));
    films_.clear();
}

void Worker::close(media::MediaFile film) noexcept {
    try {
        if (enter_to_send(film.device)) {
            film.fd.reset();
            leave_after_closing();
        } else {
            last_lane_->drop(std::move(film.fd));
        }
    } catch (const std::exception&) {
        // The film is closed here.
    }
}

std::optional<std::variant<Answer, Busy>> Worker::ask(const http::Request& request, Clock::duration age) {
    begin_asking();
    std::variant<Answer, Busy> result;
    try {
        result = answer(request, age);
    } catch (const std::exception&) {
        if (!end_asking()) return std::nullopt;
        throw;
    }
    if (end_asking()) return result;
    if (auto* late = std::get_if<Answer>(&result)) drop(std::move(late->content));
    return std::nullopt;
}

void Worker::begin_asking() {
    const std::lock_guard lock{mutex_};
    asking_ = Asking::own;
}

bool Worker::end_asking() {
    const std::lock_guard lock{mutex_};
    return std::exchange(asking_, Asking::nothing) == Asking::own;
}

void Worker::replace_handler(std::unique_ptr<Handler> handler) {
    if (handler_) handler_->take_films(films_);
    const std::lock_guard lock{mutex_};
    handler_.swap(handler);  // the old one goes after the lock does: closing its files may block
}

void Worker::enter_catalog(std::atomic<unsigned>& all) {
    all_in_catalog_ = &all;
    in_catalog_since_ = Clock::now().time_since_epoch().count();
    ++all;
}

void Worker::leave_catalog() noexcept {
    if (!all_in_catalog_) return;
    in_catalog_since_ = 0;
    --*std::exchange(all_in_catalog_, nullptr);
}

Visit Worker::visit() const {
    Lane* const visited = visited_.load(std::memory_order_acquire);
    return {visited, visited_since_.load(std::memory_order_relaxed)};
}

void Worker::turn_away() noexcept {
    Waiting* taken = nullptr;
    {
        const std::lock_guard lock{mutex_};
        if (asking_ != Asking::own) return;
        asking_ = Asking::lost;
        taken = serving;  // under the lock: the worker may serve another connection afterwards
    }
    // Only this thread has the connection now: the worker's own finds that it has lost it.
    taken->turn_away();
}

void Worker::take_unused(media::Unused& unused) {
    const std::lock_guard lock{mutex_};
    if (handler_) handler_->take_unused(unused);
}

void Worker::take_films(std::vector<media::MediaFile>& films) {
    if (handler_) handler_->take_films(films);
}

}  // namespace reelgate::engine
