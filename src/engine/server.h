// Owns the life of the server: its parts, its signals, and reload.
// Does not decide what is answered: a Handler does.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include "handler.h"

namespace reelgate::engine {

/// The administrator's settings for the server. Defaults are those of the options.
struct EngineSettings {
    unsigned threads{};                      ///< at least 1; not a limit on viewers
    std::size_t max_viewers{};               ///< answers at a time, 503 beyond; 0: as many as descriptors allow
    std::chrono::seconds stall_timeout{};    ///< how long a peer may do nothing; 0: for ever
    std::chrono::seconds storage_timeout{};  ///< how long storage may answer nothing
    std::chrono::seconds grace{};            ///< how long answers may go on after the signal to stop
    std::string status_path;                 ///< the target of the server's status; empty: off
    std::string ping_path;                   ///< the target of the health check; empty: off
};

/// Returns the greater of 4 and twice the number of cores.
unsigned default_threads();

/// Blocks the signals that serve() waits for. Call it before creating anything that must be cleaned up on a signal.
void hold_signals();

/// Returns whether one of the signals to stop has come, and still waits to be taken.
bool is_stop_signalled();

/// What a reload changes: all of `handler`; of `engine` only max_viewers, the timeouts and grace.
struct Reloaded {
    HandlerSettings handler;
    EngineSettings engine;
};

/// What a server needs from the command that runs it.
struct Hooks {
    std::function<Reloaded()> reload;      ///< on SIGHUP; an exception is logged, and the old settings stay
    std::function<void()> stop_listening;  ///< once no more connections are accepted
    /// Called with a status line once the server is ready, and after each reload, successful or not. Must not throw.
    std::function<void(std::string_view status)> ready = [](std::string_view) {};
};

/// Why serving ended.
enum class End {
    signalled,    ///< SIGTERM, SIGINT or SIGUSR1
    socket_lost,  ///< another process has shut the listening socket down
};

/// Serves a listening socket until SIGTERM, SIGINT or SIGUSR1, or until it no longer listens; then stops accepting, and
/// lets answers end within `grace`. Throws posix::FailureError if it cannot begin.
End serve(int listening_socket, const HandlerSettings& handler, const EngineSettings& settings, const Hooks& hooks);

}  // namespace reelgate::engine
