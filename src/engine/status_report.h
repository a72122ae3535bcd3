// Owns how reelgate answers questions about itself: the status as text, JSON, OpenMetrics and a page, and the ping.
// Does not count, and has no clock: a Status is a value.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "engine/statistics.h"
#include "engine/storage.h"
#include "http/request.h"
#include "http/response.h"

namespace reelgate::engine {

/// State of the server at one moment.
struct Status {
    Counts counts{};
    std::chrono::system_clock::time_point start_time, now;
    std::size_t threads = 0;
    std::size_t open_connections = 0;
    std::size_t viewers = 0;
    std::size_t max_viewers = 0;      ///< at a time, since the start
    std::size_t max_descriptors = 0;  ///< that the process may have
    std::vector<Storage::Hung> hung;  ///< folders that do not answer
};

/// Formats "name: value" lines.
std::string format_text(const Status& status);

/// Formats one JSON object, with the names of the text.
std::string format_json(const Status& status);

/// Formats OpenMetrics 1.0.0, for Prometheus and the like.
std::string format_openmetrics(const Status& status);

/// Answers a request for the status path. The query selects json, openmetrics or html; the default is text.
http::Response answer_status(const http::Request& request, const Status& status);

/// Answers a request for the ping path.
http::Response answer_ping(const http::Request& request);

}  // namespace reelgate::engine
