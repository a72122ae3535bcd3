// Owns what a thread lends to the connection that it serves, and what other threads may know of it.
// SPDX-License-Identifier: MIT
#include "engine/worker.h"

#include <algorithm>
#include <iterator>
#include <new>
#include <utility>

#include "engine/turn.h"

namespace reelgate::engine {

namespace {

/// Films that one turn can end with: that of an answer which is under way, and one for each request that it begins.
constexpr std::size_t max_films = Turn::max_requests + 1;

}  // namespace

/// Has room for films, so that none is closed where that may block because memory is short.
Worker::Worker() {
    films_.reserve(max_films);
    left_.reserve(max_films);
}

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
        close(*film);  // here, at the worst: there is no room for it
    }
}

void Worker::close_films() noexcept {
    for (media::MediaFile& film : films_) close(film);
    std::erase_if(films_, [](const media::MediaFile& film) { return !film.fd; });
    if (films_.empty()) return;
    const std::lock_guard lock{mutex_};
    if (left_.empty()) left_.swap(films_);
}

/// Closes a film, or has it closed. If there is no memory for that, it stays open.
void Worker::close(media::MediaFile& film) noexcept {
    try {
        if (enter_to_send(film.device)) {
            film.fd.reset();
            leave_after_closing();
        } else {
            last_lane_->drop(film.fd);
            storage->watch();
        }
    } catch (const std::exception&) {
        // It is tried again.
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

/// Moves the films that close_films() has left. Needs mutex_. Throws std::bad_alloc before it has moved any.
void Worker::take_left(std::vector<media::MediaFile>& films) {
    films.reserve(films.size() + left_.size());
    std::move(left_.begin(), left_.end(), std::back_inserter(films));
    left_.clear();
}

bool Worker::take_unused(media::Unused& unused) {
    const std::lock_guard lock{mutex_};
    take_left(unused.files);
    return handler_ && handler_->take_unused(unused);
}

void Worker::take_films(std::vector<media::MediaFile>& films) {
    const std::lock_guard lock{mutex_};
    take_left(films);
    if (handler_) handler_->take_films(films);
}

}  // namespace reelgate::engine
