// Owns the one request that a command answers on standard output: its outcome, and its lines in the log.
// Does not write the answer.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <memory>

#include "answer_log.h"
#include "gateway/cgi.h"
#include "handler.h"

namespace reelgate::commands {

class OneAnswer {
public:
    /// Answers `request`, and logs that its answer begins.
    OneAnswer(const HandlerSettings& settings, const http::Request& request);

    const Outcome& outcome() const { return outcome_; }

    /// Logs how the answer has ended. Throws the failure of `transfer`, if there is one.
    void end(const gateway::Transfer& transfer) const;

private:
    const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
    Handler handler_;  // kept, since closing the catalogue would hold up the first byte
    Outcome outcome_;
    std::unique_ptr<const LoggedAnswer> logged_;  ///< null: the end is not logged
};

}  // namespace reelgate::commands
