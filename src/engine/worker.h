// Owns what a thread lends to the connection that it lets proceed.
// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "engine/connection_view.h"
#include "engine/statistics.h"
#include "engine/viewers.h"
#include "gateway/fastcgi.h"
#include "handler.h"

namespace reelgate::engine {

/// One thread's own; what is atomic any thread may read.
struct Worker {
    Tally tally;
    gateway::RequestDecoder decoder;
    std::vector<char> buffer;  ///< for reading
    std::unique_ptr<Handler> handler;  ///< absent until it is first asked
    std::uint64_t version = 0;         ///< of the settings that the handler has
    std::atomic<Clock::rep> asking_since{0};  ///< when it began to ask the catalogue; 0: it does not

    /// Gives a viewer's seat; none where there are too many viewers.
    std::function<Viewers::Seat()> admit;
    /// Answers a request about a video. Returns nothing where it is to be asked again: the catalogue is locked, or has all
    /// other threads. With `is_last_try`, a locked catalogue is answered with 503.
    std::function<std::optional<Answer>(const http::Request&, bool is_last_try)> answer;
    /// Answers a request about reelgate itself. Returns nothing for one about a video.
    std::function<std::optional<http::Response>(const http::Request&)> monitor;
};

}  // namespace reelgate::engine
