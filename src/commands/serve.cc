// Owns the command `serve`: finds the listening socket, runs the engine on it, and tells a service manager how it is.
// SPDX-License-Identifier: MIT
#include <unistd.h>

#include <cstdlib>
#include <memory>

#include "commands/commands.h"
#include "gateway/listener.h"
#include "gateway/service_manager.h"

namespace reelgate::commands {

namespace {

/// FastCGI 1.0 §2.2: the web server, or whoever starts us, leaves the listening socket here.
constexpr int inherited_socket = STDIN_FILENO;

posix::UniqueFd take_handed_over_socket() {
    try {
        return gateway::take_handed_over_socket();
    } catch (const std::invalid_argument& error) {
        throw UsageError{std::string{"serve: "} + error.what()};
    }
}

std::unique_ptr<gateway::Listener> listen_at(const Settings& settings) {
    try {
        return std::make_unique<gateway::Listener>(gateway::parse_address(settings.listen), settings.socket_mode);
    } catch (const std::invalid_argument& error) {
        throw UsageError{"--listen " + settings.listen + ": " + error.what()};
    }
}

/// The socket that --listen names, or else the one that a service manager handed over, or else the one on fd 0.
std::unique_ptr<gateway::Listener> find_listener(const Settings& settings) {
    posix::UniqueFd handed_over = take_handed_over_socket();
    // Whoever connected to the one that we do not serve would wait for ever: the manager keeps it open.
    if (handed_over && !settings.listen.empty())
        throw UsageError{"--listen " + settings.listen +
                         ": the service manager has handed over a socket as well (LISTEN_FDS); leave one of them out"};
    if (handed_over) return std::make_unique<gateway::Listener>(std::move(handed_over));
    if (!settings.listen.empty()) return listen_at(settings);
    if (!gateway::is_listening_socket(inherited_socket))
        throw UsageError{"serve: no listening socket: fd 0 is " +
                         std::string{isatty(inherited_socket) ? "a terminal" : "not one"} +
                         "; name one with --listen, or let a web server or systemd start reelgate"};
    return std::make_unique<gateway::Listener>(posix::UniqueFd{inherited_socket});
}

/// A manager that cannot be told is no reason not to serve.
void tell(const gateway::Notifier& notifier, const std::string& message) {
    try {
        notifier.send(message);
    } catch (const std::exception& failure) {
        log(LogLevel::warning, failure.what());
    }
}

std::chrono::microseconds monotonic_now() {
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch());
}

}  // namespace

int serve(const Invocation& invocation) {
    const Settings& settings = invocation.settings;
    // All that can be wrong is found out before anything listens.
    Handler{settings.handler}.check();
    engine::hold_signals();
    const auto notifier = gateway::Notifier::from_environment();
    auto listener = find_listener(settings);
    const engine::Hooks hooks{
        .reload = [&] {
            tell(notifier, gateway::reloading_message(monotonic_now()));
            const Settings reloaded = invocation.reload();
            Handler{reloaded.handler}.check();
            set_log_level(reloaded.log_level);
            return reloaded.handler;
        },
        // At once, so that the next reelgate can listen there while our last viewers are served.
        .stop_listening = [&] {
            listener.reset();
            tell(notifier, gateway::stopping_message(settings.engine.grace));
        },
        .ready = [&](std::string_view status) { tell(notifier, gateway::ready_message(status)); },
    };
    engine::serve(listener->fd(), settings.handler, settings.engine, hooks);
    return EXIT_SUCCESS;
}

}  // namespace reelgate::commands
