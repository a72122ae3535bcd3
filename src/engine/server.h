// Owns the life of the server: what it is made of, signals, reload.
// Does not know what is answered: a Handler does.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include "handler.h"

namespace reelgate::engine {

struct EngineSettings {
    unsigned threads = 1;                     ///< at least 1; not a limit on viewers
    std::size_t max_viewers = 0;              ///< answers at a time, 503 beyond; 0: as many as descriptors allow
    std::chrono::seconds stall_timeout{600};  ///< for how long a peer may do nothing; 0: for ever
    std::chrono::seconds storage_timeout{5};  ///< for how long storage may answer nothing
    std::chrono::seconds grace{30};           ///< how long answers may go on after the signal to stop
    std::string status_path;                  ///< the target that is answered with the state of the server; empty: off
    std::string ping_path;                    ///< the target that is answered with 200 alone; empty: off
};

/// The greater of 4 and twice the number of cores.
unsigned default_threads();

/// Keeps the signals that serve() waits for from being delivered before it does: to be called before anything exists
/// that a signal should take away in order.
void hold_signals();

/// What a running server can take over: everything of the one; of the other max_viewers, the timeouts and grace.
struct Reloaded {
    HandlerSettings handler;
    EngineSettings engine;
};

/// What a server needs from the command that runs it.
struct Hooks {
    std::function<Reloaded()> reload;      ///< on SIGHUP; what it throws is logged, and the old settings stay
    std::function<void()> stop_listening;  ///< as soon as no more connections are accepted
    /// With one line to say of it: as soon as it serves, and after each reload, whatever came of that. Must not throw.
    std::function<void(std::string_view status)> ready = [](std::string_view) {};
};

/// Why serving ended.
enum class End {
    signalled,    ///< SIGTERM, SIGINT or SIGUSR1
    socket_lost,  ///< another process has shut the listening socket down
};

/// Serves a listening socket until SIGTERM, SIGINT or SIGUSR1, or until it no longer listens; then accepts no more, and
/// lets answers end within `grace`. Throws std::system_error when it cannot begin.
End serve(int listening_socket, const HandlerSettings& handler, const EngineSettings& settings, const Hooks& hooks);

}  // namespace reelgate::engine
