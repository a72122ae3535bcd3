// Owns what a thread lends to the connection that it serves, and what other threads may know of it.
// SPDX-License-Identifier: MIT
#pragma once

#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <variant>
#include <vector>

#include "engine/connection_view.h"
#include "engine/lane.h"
#include "engine/statistics.h"
#include "engine/storage.h"
#include "engine/viewers.h"
#include "gateway/fastcgi.h"
#include "handler.h"

namespace reelgate::engine {

/// Why a request cannot be answered yet.
struct Busy {
    Lane* lane = nullptr;  ///< of the device to wait for; null: the catalogue is locked, or holds all other threads
};

/// The device that a thread is in, and since when. Null lane: it is in none.
struct Visit {
    Lane* lane;
    Clock::duration since;
};

class Worker final : public media::StorageGate {
public:
    Worker();

    // Set by the owner before the thread begins

    Lane* lane = nullptr;        ///< the lane that it serves; null: it serves events
    Storage* storage = nullptr;  ///< null: nothing is watched
    std::vector<char> buffer;    ///< for reading
    const std::atomic<gateway::Keep>* keep = nullptr;  ///< what requests keep; null: nothing
    /// Returns a viewer's seat; none if there are too many viewers.
    std::function<Viewers::Seat()> admit;
    /// Answers a request about a video that was taken up `age` ago.
    std::function<std::variant<Answer, Busy>(const http::Request&, Clock::duration age)> answer;
    /// Answers a request about reelgate itself. Returns nothing for one about a video.
    std::function<std::optional<http::Response>(const http::Request&)> monitor;

    // Only for the thread itself

    Tally tally;
    gateway::RequestDecoder decoder;
    std::uint64_t version = 0;   ///< of the handler's settings
    Waiting* serving = nullptr;  ///< the connection that it serves; others read it while the thread asks

    /// Enters a device to open a film. Returns false if this thread may not. A film may lie on another device than the
    /// folder that leads to it: so one thread of a lane at a time may enter another slow device.
    bool enter(dev_t device) override;

    /// Enters a device to send from it, or to close a film. Returns false if this thread may not.
    bool enter_to_send(dev_t device);

    /// Leaves the device, which has answered.
    void leave() noexcept override;

    /// Leaves the device after a film was closed. That is no answer: most closings need nothing of the device.
    void leave_after_closing() noexcept { leave_visited(); }

    /// Calls `function`, and leaves the device even if it throws.
    template <typename Function>
    auto leaving(Function&& function) {
        const struct Leave {
            Worker& worker;
            ~Leave() { worker.leave(); }
        } leave{*this};
        return function();
    }

    /// Decodes the params of a request, and keeps of them what answers need.
    std::optional<http::Request> decode(std::string_view params) {
        return decoder.decode(params, keep ? keep->load(std::memory_order_relaxed) : gateway::Keep::none);
    }

    Lane& lane_of(dev_t device) { return storage->lane_of(device); }

    /// Drops the reference to a film in close_films(), since closing can block: the connection goes on first.
    void drop(std::optional<media::MediaFile> film) noexcept;

    /// Drops the references to films. Of a device that this thread must not touch, a thread of the device drops them;
    /// if there is no memory to tell it, take_unused() takes them. The thread must have handed its connection over, or
    /// closed it.
    void close_films() noexcept;

    /// Asks for an answer with `answer`, for the connection that it serves. Returns nothing if another thread has taken
    /// over the connection, since storage held this thread for too long: the connection must not be touched then.
    std::optional<std::variant<Answer, Busy>> ask(const http::Request& request, Clock::duration age);

    /// Returns its own Handler. Call replace_handler() before.
    Handler& handler() { return *handler_; }
    void replace_handler(std::unique_ptr<Handler> handler);
    bool has_handler() const { return handler_ != nullptr; }

    /// Counts the thread in `all`, as one that asks the catalogue, until it enters a device or leaves the catalogue.
    void enter_catalog(std::atomic<unsigned>& all);
    void leave_catalog() noexcept;

    /// Notes which thread this worker is for. Called by that thread.
    void note_thread() noexcept { thread_ = gettid(); }

    // For any thread

    /// Returns the thread that this worker is for.
    pid_t thread() const { return thread_; }

    Visit visit() const;

    /// Returns since when the thread has been asking the catalogue; zero: it does not.
    Clock::duration in_catalog_since() const { return Clock::duration{in_catalog_since_}; }

    /// Turns the connection that it serves away, if the thread is held while it asks for an answer.
    void turn_away() noexcept;

    /// Moves to `unused` what its Handler has open and does not use, and the films that close_films() has left. Returns
    /// whether anything is left to be taken later. What it has moved is in `unused` even if it throws std::bad_alloc.
    bool take_unused(media::Unused& unused);

    /// Moves the films that its Handler keeps open to `films`. The thread must have ended. Throws std::bad_alloc.
    void take_films(std::vector<media::MediaFile>& films);

private:
    enum class Asking { nothing, own, lost };

    bool enter_as(dev_t device, Waiting::For what);
    Lane* leave_visited() noexcept;
    void close(media::MediaFile& film) noexcept;
    void take_left(std::vector<media::MediaFile>& films);
    void begin_asking();
    bool end_asking();

    std::atomic<pid_t> thread_{0};
    std::atomic<Lane*> visited_{nullptr};
    std::atomic<Clock::duration> visited_since_{Clock::duration{}};
    std::atomic<Clock::rep> in_catalog_since_{0};
    std::atomic<unsigned>* all_in_catalog_ = nullptr;  ///< null: it is not in the catalogue
    Lane* last_lane_ = nullptr;
    std::vector<media::MediaFile> films_;  ///< to be closed
    bool is_abroad_ = false;  ///< in another slow device than its lane's
    std::mutex mutex_;  // guards the next three
    std::vector<media::MediaFile> left_;  ///< of films_, without memory to have them closed
    Asking asking_ = Asking::nothing;
    std::unique_ptr<Handler> handler_;  ///< null until the first request; other threads look at it under mutex_
};

}  // namespace reelgate::engine
