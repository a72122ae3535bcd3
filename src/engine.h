// Owns threads and signals: connections are accepted, requests answered, and the end is orderly.
// Does not know what is answered: a Handler does.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>

#include "handler.h"

namespace reelgate {

struct EngineSettings {
    unsigned threads = 1;            ///< at least 1
    std::chrono::seconds grace{30};  ///< how long transfers may go on after the signal to stop
};

/// The greater of 4 and twice the number of cores.
unsigned default_threads();

/// Serves a listening socket until SIGTERM, SIGINT or SIGUSR1: then accepts no more, lets transfers end within
/// `grace`, and returns. When some did not end, it says so and returns false, and their threads are still at work:
/// the caller must end the process without touching what they use.
bool serve(int listening_socket, const HandlerSettings& handler, const EngineSettings& settings);

}  // namespace reelgate
