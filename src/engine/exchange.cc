// Owns the request that is being answered: when it began, its answer, how much was sent, and how it ended.
// SPDX-License-Identifier: MIT
#include "engine/exchange.h"

#include <utility>

#include "http/target.h"

namespace reelgate::engine {

Answer unavailable(const http::Request& request, std::string_view why) {
    Answer answer{http::error_response(503, why), std::nullopt, {}};
    http::drop_content_if_head(answer.response, request.method);
    return answer;
}

void Exchange::begin(http::Request request) {
    target_ = http::path_for_log(request.target);
    request_ = std::make_shared<const http::Request>(std::move(request));
    begin_ = Clock::now();
}

http::Response Exchange::answer(Answer answer, Tally* tally) {
    if (tally) count_answer(*tally, *request_, answer);
    is_counted_ = tally != nullptr;
    request_.reset();
    film_ = std::move(answer.content);
    logged_ = std::move(answer.logged);
    may_grow_ = answer.may_grow;
    counted_ = 0;
    planned_ = http::content_length(answer.response);
    return std::move(answer.response);
}

bool Exchange::count(Tally& tally, std::uint64_t sent) {
    if (sent == counted_) return false;
    if (is_counted_) tally.add(Counter::bytes_sent, sent - counted_);
    counted_ = sent;
    return true;
}

std::optional<media::MediaFile> Exchange::end(Tally& tally, std::uint64_t sent, const Ending& ending,
                                              gateway::Failure why) noexcept {
    if (is_counted_) tally.add(ending.counter);
    seat_.reset();
    const char* const cause = why ? describe(why) : nullptr;
    if (logged_)
        log_end(*logged_, {.sent = sent, .planned = planned_, .time = age(), .ending = ending.name, .cause = cause});
    // Assignment alone would keep memory: a connection that waits for its next request holds none of this one's.
    Exchange ended = std::exchange(*this, {});
    return std::move(ended.film_);
}

}  // namespace reelgate::engine
