// Owns what a thread lends to the connection that it lets proceed, and what others may know of the thread.
// SPDX-License-Identifier: MIT
#pragma once

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
    Lane* lane = nullptr;  ///< whose device it waits for; null: the catalogue is locked, or has all other threads
};

/// Where a thread is, and since when. A null lane: in no device.
struct Visit {
    Lane* lane;
    Clock::duration since;
};

class Worker final : public media::StorageGate {
public:
    // Set before the thread begins, by who owns it

    Lane* lane = nullptr;        ///< whose threads this one is of; null: it serves events
    Storage* storage = nullptr;  ///< null: nothing is watched
    std::vector<char> buffer;    ///< for reading
    /// Gives a viewer's seat; none where there are too many viewers.
    std::function<Viewers::Seat()> admit;
    /// Answers a request about a video, which was begun to be answered `age` ago.
    std::function<std::variant<Answer, Busy>(const http::Request&, Clock::duration age)> answer;
    /// Answers a request about reelgate itself. Returns nothing for one about a video.
    std::function<std::optional<http::Response>(const http::Request&)> monitor;

    // The thread's own

    Tally tally;
    gateway::RequestDecoder decoder;
    std::uint64_t version = 0;   ///< of the settings that the handler has
    Waiting* serving = nullptr;  ///< the connection that it lets proceed

    /// Goes to a device, for an operation that might block. False where this thread may not.
    bool enter(dev_t device) override;
    void leave() noexcept override;

    Lane& lane_of(dev_t device) { return storage->lane_of(device); }

    /// Drops the reference to a film. Where the device must not be touched, a thread of that does it.
    void drop(std::optional<media::MediaFile> film) noexcept;

    /// Asks for an answer on behalf of what it serves, with `answer`. Returns nothing where another thread has that
    /// meanwhile, since storage held this one for too long: it is not to be touched then.
    std::optional<std::variant<Answer, Busy>> ask(const http::Request& request, Clock::duration age);

    /// Its own Handler; there is one once replace_handler() was called.
    Handler& handler() { return *handler_; }
    void replace_handler(std::unique_ptr<Handler> handler);
    bool has_handler() const { return handler_ != nullptr; }

    /// Counts it among those that ask the catalogue; until it goes to a device, or leaves the catalogue.
    void enter_catalog(std::atomic<unsigned>& all);
    void leave_catalog() noexcept;

    // Any thread's

    Visit visit() const;

    /// Since when it has been asking the catalogue; zero: it does not.
    Clock::duration in_catalog_since() const { return Clock::duration{in_catalog_since_}; }

    /// Has what it serves turned away, where it is held while it asks for an answer.
    void turn_away() noexcept;

    void let_go_of_storage() noexcept;

private:
    enum class Asking { nothing, own, lost };

    void begin_asking();
    bool end_asking();

    std::atomic<Lane*> visited_{nullptr};
    std::atomic<Clock::duration> visited_since_{Clock::duration{}};
    std::atomic<Clock::rep> in_catalog_since_{0};
    std::atomic<unsigned>* all_in_catalog_ = nullptr;  ///< null: it is not in the catalogue
    Lane* last_lane_ = nullptr;
    std::mutex mutex_;  // of the next two
    Asking asking_ = Asking::nothing;
    std::unique_ptr<Handler> handler_;  ///< absent until it is first asked; others look at it under mutex_
};

}  // namespace reelgate::engine
