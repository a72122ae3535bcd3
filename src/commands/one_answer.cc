// Owns the one request that a command answers on standard output: its outcome, and its lines in the log.
// SPDX-License-Identifier: MIT
#include "commands/one_answer.h"

namespace reelgate::commands {

namespace {

/// Returns how an answer has ended, in the words of a server's log.
const char* ending_of(const gateway::Failure& failure) {
    if (!failure) return "complete";
    return failure.kind == gateway::Failure::Kind::aborted ? "aborted" : "broken";
}

}  // namespace

OneAnswer::OneAnswer(const HandlerSettings& settings, const http::Request& request)
    : handler_(settings), outcome_(handler_.answer(request)), logged_(AnswerLog{}.begin(request, outcome_)) {}

void OneAnswer::end(const gateway::Transfer& transfer) const {
    if (logged_)
        log_end(*logged_, {.sent = transfer.sent,
                           .planned = http::content_length(outcome_.response),
                           .time = std::chrono::steady_clock::now() - begin_,
                           .ending = ending_of(transfer.failure)});
    gateway::check(transfer);
}

}  // namespace reelgate::commands
