// Owns the command `serve`: finds the listening socket, runs the engine on it, and reports to a service manager.
// SPDX-License-Identifier: MIT
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <new>

#include "answer_log.h"
#include "commands/commands.h"
#include "engine/deadline.h"
#include "gateway/listener.h"
#include "gateway/peers.h"
#include "gateway/service_manager.h"

namespace reelgate::commands {

namespace {

/// Descriptor of the listening socket that a web server, or another parent, passes (FastCGI 1.0 §2.2).
constexpr int inherited_socket = STDIN_FILENO;

posix::UniqueFd take_handed_over_socket() {
    try {
        return gateway::take_handed_over_socket();
    } catch (const std::invalid_argument& error) {
        throw UsageError{std::string{"serve: "} + error.what()};
    }
}

/// Logs the changes that need a restart: those of the open socket and the running threads.
void warn_of_restart(const Settings& running, const Settings& reloaded) noexcept {
    const auto compare = [](const char* name, bool is_same) {
        if (!is_same) log(LogLevel::warning, {"reload: ", name, ": changed: takes effect when reelgate is restarted"});
    };
    compare("listen", running.listen == reloaded.listen);
    compare("socket-mode", running.socket_mode == reloaded.socket_mode);
    compare("threads", running.engine.threads == reloaded.engine.threads);
    compare("status-path", running.engine.status_path == reloaded.engine.status_path);
    compare("ping-path", running.engine.ping_path == reloaded.engine.ping_path);
}

/// Returns the socket that --listen names, or else the one from a service manager, or else the one on fd 0.
std::unique_ptr<gateway::Listener> find_listener(const Settings& settings) {
    posix::UniqueFd handed_over = take_handed_over_socket();
    // Peers of a socket that we do not serve would wait for ever: the manager keeps it open.
    if (handed_over && !settings.listen.empty())
        throw UsageError{"--listen " + settings.listen +
                         ": the service manager has handed over a socket as well (LISTEN_FDS); leave one of them out"};
    if (handed_over) return std::make_unique<gateway::Listener>(std::move(handed_over));
    if (!settings.listen.empty())
        return std::make_unique<gateway::Listener>(address_from(settings.listen), settings.socket_mode);
    if (!gateway::is_listening_socket(inherited_socket))
        throw UsageError{"serve: no listening socket: fd 0 is " +
                         std::string{isatty(inherited_socket) ? "a terminal" : "not one"} +
                         "; name one with --listen, or let a web server or systemd start reelgate"};
    return std::make_unique<gateway::Listener>(posix::UniqueFd{inherited_socket});
}

/// Sends the manager what `message` returns; only `state` if there is no memory for that. A failure to send does not
/// stop the server.
template <typename Message>
void tell(const gateway::Notifier& notifier, std::string_view state, const Message& message) noexcept {
    try {
        std::string text;
        try {
            text = message();
        } catch (const std::bad_alloc&) {
        }
        notifier.send(text.empty() ? state : text);
    } catch (const std::exception& failure) {
        log(LogLevel::warning, failure.what());
    }
}

std::chrono::microseconds monotonic_now() {
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch());
}

}  // namespace

gateway::Address address_from(const std::string& listen) {
    try {
        return gateway::parse_address(listen);
    } catch (const std::invalid_argument& error) {
        throw UsageError{"--listen " + listen + ": " + error.what()};
    }
}

void check_web_server_addresses() {
    try {
        gateway::Peers{std::getenv("FCGI_WEB_SERVER_ADDRS")};
    } catch (const std::runtime_error& error) {
        throw UsageError{error.what()};
    }
}

int serve(const Invocation& invocation) {
    const Settings& settings = invocation.settings;
    log_without_waiting();
    // Finds every failure before anything listens.
    log_notes(Handler{settings.handler}.check());
    check_web_server_addresses();
    engine::hold_signals();
    const auto notifier = gateway::Notifier::from_environment();
    auto listener = find_listener(settings);
    std::chrono::seconds grace = settings.engine.grace;
    const engine::Hooks hooks{
        .reload = [&] {
            tell(notifier, "STATUS=reloading the settings\n",
                 [] { return gateway::reloading_message(monotonic_now()); });
            const Settings reloaded = invocation.reload();
            // Hung storage must neither keep the old settings in force nor block later signals.
            if (!engine::run_within(reloaded.engine.storage_timeout,
                                    [handler = reloaded.handler] { log_notes(Handler{handler}.check()); }))
                log(LogLevel::warning, "reload: videos: their storage does not answer: not checked");
            engine::Reloaded result{reloaded.handler, reloaded.engine};
            // Nothing below fails: all of the new settings take effect, or none.
            set_log_level(reloaded.log_level);
            warn_of_restart(settings, reloaded);
            grace = reloaded.engine.grace;
            return result;
        },
        // At once, so that the next reelgate can listen there while this one serves its last viewers.
        .stop_listening = [&] {
            listener.reset();
            tell(notifier, "STOPPING=1\n", [&] { return gateway::stopping_message(grace); });
        },
        .ready = [&](std::string_view status) {
            tell(notifier, "READY=1\n", [&] { return gateway::ready_message(status); });
        },
    };
    limit_repeated_lines();
    const engine::End end = engine::serve(listener->fd(), settings.handler, settings.engine, hooks);
    tell_repeated_lines();
    return end == engine::End::signalled ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace reelgate::commands
