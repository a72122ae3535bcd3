// Owns the request that is being answered: when it began, its answer, how much was sent, and how it ended.
// Does not send.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/answer.h"
#include "engine/connection_view.h"
#include "engine/statistics.h"
#include "engine/viewers.h"

namespace reelgate::engine {

/// Makes the answer to a request that is refused for now: 503.
Answer unavailable(const http::Request& request, std::string_view why);

class Exchange {
public:
    /// How an answer ended: its counter, and its name in the log.
    struct Ending {
        Counter counter;
        const char* name;
    };
    static constexpr Ending complete{Counter::ended_complete, "complete"};
    static constexpr Ending aborted{Counter::ended_aborted, "aborted"};
    static constexpr Ending stalled{Counter::ended_stalled, "stalled"};
    static constexpr Ending broken{Counter::ended_broken, "broken"};

    /// Takes a request, whose age counts from now.
    void begin(http::Request request);

    /// Takes the viewer's seat, for a request about a video.
    void seat(Viewers::Seat seat) { seat_ = std::move(seat); }

    /// Returns the request; null once it is answered. Copy the pointer while asking for the answer, which can take
    /// longer than this lives.
    const std::shared_ptr<const http::Request>& request() const { return request_; }
    const std::string& target() const { return target_; }
    Clock::duration age() const { return Clock::now() - begin_; }

    /// Takes the answer, and forgets the request. Counts it in `tally`, which is null unless it is about a video.
    /// Returns the response, so that a parked viewer keeps only what is left to send, without the fields.
    http::Response answer(Answer answer, Tally* tally);

    /// Returns the content that the response's ranges refer to.
    gateway::Content content() const {
        return film_ ? gateway::Content{film_->fd->get(), film_->version, may_grow_} : gateway::Content{};
    }

    /// Returns the film that is being sent; null if there is none.
    const media::MediaFile* film() const { return film_ ? &*film_ : nullptr; }

    /// Notes that the web server has aborted the request.
    void cut_short() { is_cut_short_ = true; }
    bool is_cut_short() const { return is_cut_short_; }

    /// Counts the bytes of content sent so far; called while they are sent, since a film takes hours. Returns whether
    /// there are more than the last time.
    bool count(Tally& tally, std::uint64_t sent);

    /// Ends the exchange; counts and logs its answer, if there was one, and `why` it ended, if that is a failure.
    /// Returns the film, since closing it can block.
    std::optional<media::MediaFile> end(Tally& tally, std::uint64_t sent, const Ending& ending,
                                        gateway::Failure why) noexcept;

private:
    std::shared_ptr<const http::Request> request_;  ///< until it is answered
    std::string target_;                            ///< its path, for the log
    // What is left of the answer: a parked viewer pays for each byte.
    std::optional<media::MediaFile> film_;
    std::unique_ptr<const LoggedAnswer> logged_;  ///< null: the end is not logged
    Viewers::Seat seat_;
    std::uint64_t planned_ = 0;  ///< bytes of content
    std::uint64_t counted_ = 0;
    Clock::time_point begin_;
    bool is_counted_ = false;  ///< the answer is about a video
    bool is_cut_short_ = false;
    bool may_grow_ = false;  ///< the film; see Outcome
};

}  // namespace reelgate::engine
