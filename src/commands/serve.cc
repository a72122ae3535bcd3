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
    return std::make_unique<gateway::Listener>(address_from(settings.listen), settings.socket_mode);
}

/// Says which changes a running server cannot follow: its socket is open and its threads run.
void warn_of_restart(const Settings& running, const Settings& reloaded) {
    const auto compare = [](const char* name, bool is_same) {
        if (is_same) return;
        log(LogLevel::warning, std::string{"reload: "} + name + ": changed: takes effect when reelgate is restarted");
    };
    compare("listen", running.listen == reloaded.listen);
    compare("socket-mode", running.socket_mode == reloaded.socket_mode);
    compare("threads", running.engine.threads == reloaded.engine.threads);
    compare("status-path", running.engine.status_path == reloaded.engine.status_path);
    compare("ping-path", running.engine.ping_path == reloaded.engine.ping_path);
}

}  // namespace

gateway::Address address_from(const std::string& listen) {
    try {
        return gateway::parse_address(listen);
    } catch (const std::invalid_argument& error) {
        throw UsageError{"--listen " + listen + ": " + error.what()};
    }
}

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
            warn_of_restart(settings, reloaded);
            return engine::Reloaded{reloaded.handler, reloaded.engine};
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
