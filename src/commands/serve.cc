// Owns the command `serve`: finds the listening socket and runs the engine on it.
// SPDX-License-Identifier: MIT
#include <unistd.h>

#include <cstdlib>
#include <memory>

#include "commands/commands.h"
#include "gateway/listener.h"

namespace reelgate::commands {

namespace {

/// FastCGI 1.0 §2.2: the web server, or whoever starts us, leaves the listening socket here.
constexpr int inherited_socket = STDIN_FILENO;

std::unique_ptr<gateway::Listener> find_listener(const Settings& settings) {
    if (settings.listen.empty()) {
        if (!gateway::is_listening_socket(inherited_socket))
            throw UsageError{"serve: no listening socket: fd 0 is " +
                             std::string{isatty(inherited_socket) ? "a terminal" : "not one"} +
                             "; name one with --listen, or let a web server start reelgate"};
        return std::make_unique<gateway::Listener>(posix::UniqueFd{inherited_socket});
    }
    try {
        return std::make_unique<gateway::Listener>(gateway::parse_address(settings.listen), settings.socket_mode);
    } catch (const std::invalid_argument& error) {
        throw UsageError{"--listen " + settings.listen + ": " + error.what()};
    }
}

}  // namespace

int serve(const Invocation& invocation) {
    const Settings& settings = invocation.settings;
    // All that can be wrong is found out before anything listens.
    Handler{settings.handler}.check();
    engine::hold_signals();
    auto listener = find_listener(settings);
    const engine::Hooks hooks{
        .reload = [&] {
            const Settings reloaded = invocation.reload();
            Handler{reloaded.handler}.check();
            set_log_level(reloaded.log_level);
            return reloaded.handler;
        },
        // At once, so that the next reelgate can listen there while our last viewers are served.
        .stop_listening = [&] { listener.reset(); },
    };
    limit_repeated_lines();
    engine::serve(listener->fd(), settings.handler, settings.engine, hooks);
    tell_repeated_lines();
    return EXIT_SUCCESS;
}

}  // namespace reelgate::commands
