// Owns the request that is being answered: since when, with what, how much of it has gone, and how that ended.
// Does not send.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "engine/connection_view.h"
#include "engine/statistics.h"
#include "engine/viewers.h"
#include "handler.h"

namespace reelgate::engine {

class Exchange {
public:
    /// How an answer ended: as what it is counted, and what the log says.
    struct Ending {
        Counter counter;
        const char* name;
    };
    static constexpr Ending complete{Counter::ended_complete, "complete"};
    static constexpr Ending aborted{Counter::ended_aborted, "aborted"};
    static constexpr Ending stalled{Counter::ended_stalled, "stalled"};
    static constexpr Ending broken{Counter::ended_broken, "broken"};

    /// Begins with a request, at this moment.
    void begin(http::Request request);

    /// Gives a request that is about a video its viewer's seat.
    void seat(Viewers::Seat seat) { seat_ = std::move(seat); }

    /// The request, until it is answered. Whoever asks for the answer keeps it: that can outlast this.
    const std::shared_ptr<const http::Request>& request() const { return request_; }
    const std::string& target() const { return target_; }
    Clock::duration age() const { return Clock::now() - begin_; }

    /// Takes the answer; counts it in `tally`, which is given for an answer about a video. Forgets the request. Returns
    /// the response: a parked viewer keeps what is left to be sent, and not the fields.
    http::Response answer(Answer answer, Tally* tally);

    /// What the response's ranges refer to.
    gateway::Content content() const { return answer_.file(); }

    /// The film that is being sent; null where there is none.
    const media::MediaFile* film() const { return answer_.content ? &*answer_.content : nullptr; }

    /// Takes note that the web server has aborted the request.
    void cut_short() { is_cut_short_ = true; }
    bool is_cut_short() const { return is_cut_short_; }

    /// Counts the bytes of content that have gone so far; as they go, since a film takes hours. Returns whether there
    /// are more than the last time.
    bool count(Tally& tally, std::uint64_t sent);

    /// Ends it. It is counted and logged where it got as far as an answer. Returns the film, for whoever may close it.
    std::optional<media::MediaFile> end(Tally& tally, std::uint64_t sent, const Ending& ending) noexcept;

private:
    std::shared_ptr<const http::Request> request_;  ///< until it is answered
    std::string target_;                            ///< for the log
    Answer answer_;
    Viewers::Seat seat_;
    std::uint64_t planned_ = 0;  ///< bytes of content
    std::uint64_t counted_ = 0;
    Clock::time_point begin_;
    bool is_counted_ = false;  ///< it is answered about a video
    bool is_cut_short_ = false;
};

}  // namespace reelgate::engine
