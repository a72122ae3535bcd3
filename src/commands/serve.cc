// Owns the command `serve`: finds the listening socket, runs the engine on it, and reports to a service manager.
// SPDX-License-Identifier: MIT
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <new>
#include <utility>

#include "answer_log.h"
#include "commands/commands.h"
#include "engine/deadline.h"
#include "gateway/listener.h"
#include "gateway/peers.h"
#include "gateway/service_manager.h"
#include "options/table.h"

namespace reelgate::commands {

namespace {

/// Descriptor of the listening socket that a web server, or another parent, passes (FastCGI 1.0 §2.2).
constexpr int inherited_socket = STDIN_FILENO;

/// Logs the changes that need a restart: those of the open socket and the running threads.
void warn_of_restart(const Settings& running, const Settings& reloaded) noexcept {
    for (const options::Option& option : options::option_table())
        if (option.agree && !option.agree(running, reloaded))
            log("reload-restart", option.name);
}

/// Returns the socket that --listen names, or else the one from a service manager, or else the one on fd 0.
std::unique_ptr<gateway::Listener> find_listener(const Settings& settings) {
    posix::UniqueFd handed_over = gateway::take_handed_over_socket();
    // Peers of a socket that we do not serve would wait for ever: the manager keeps it open.
    if (handed_over && !settings.listen.empty()) posix::fail("listen-and-socket", settings.listen);
    if (handed_over) return std::make_unique<gateway::Listener>(std::move(handed_over));
    if (!settings.listen.empty())
        return std::make_unique<gateway::Listener>(address_from("listen", settings.listen), settings.socket_mode);
    if (!gateway::is_listening_socket(inherited_socket))
        posix::fail("serve-no-socket", isatty(inherited_socket) ? "a terminal" : "not one");
    return std::make_unique<gateway::Listener>(posix::UniqueFd{inherited_socket});
}

/// Returns the settings with the keys of links, which are read once for all threads.
Settings settings_with_keys(Settings settings) {
    settings.handler = with_keys(std::move(settings.handler));
    return settings;
}

/// Makes a query that stays the same go on with what is known of it.
void go_on_with_query(const Places& before, Places& now) {
    if (now.query == before.query && now.database == before.database) now.had_allow = before.had_allow;
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
    } catch (const std::exception& error) {
        log_failure(error);
    }
}

/// Checks catalogue and videos. Returns false if their storage does not answer within its timeout, or a signal to stop
/// has come meanwhile. Throws what is wrong with them.
bool check_in_time(const Settings& settings) {
    const auto check = [handler = settings.handler] { log_notes(Handler{handler}.check()); };
    return engine::run_within(settings.engine.storage_timeout, check, engine::is_stop_signalled) ==
           engine::CallEnd::returned;
}

std::chrono::microseconds monotonic_now() {
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch());
}

}  // namespace

gateway::Address address_from(std::string_view option, std::string_view text) {
    auto address = gateway::parse_address(text);
    if (const auto* flaw = std::get_if<gateway::AddressFlaw>(&address))
        posix::fail("option", option, text, flaw->cause, flaw->remedy);
    return std::get<gateway::Address>(std::move(address));
}

void check_web_server_addresses() { gateway::Peers{std::getenv("FCGI_WEB_SERVER_ADDRS")}; }

int serve(const Invocation& invocation) {
    const Settings settings = settings_with_keys(invocation.settings);
    log_without_waiting();
    engine::hold_signals();
    // Finds every failure before anything listens. Films on other storage than the folder's can be served all the same.
    if (!check_in_time(settings))
        log("serve-unchecked");
    check_web_server_addresses();
    const auto notifier = gateway::Notifier::from_environment();
    auto listener = find_listener(settings);
    std::chrono::seconds grace = settings.engine.grace;
    Places in_force = settings.handler.places;
    const engine::Hooks hooks{
        .reload = [&] {
            tell(notifier, "STATUS=reloading the settings\n",
                 [] { return gateway::reloading_message(monotonic_now()); });
            Settings reloaded = settings_with_keys(invocation.reload());
            go_on_with_query(in_force, reloaded.handler.places);
            // Hung storage must neither keep the old settings in force nor block later signals.
            if (!check_in_time(reloaded))
                log("reload-unchecked");
            Places places = reloaded.handler.places;
            engine::Reloaded result{reloaded.handler, reloaded.engine};
            // Nothing below fails: all of the new settings take effect, or none.
            set_log_level(reloaded.log_level);
            warn_of_restart(settings, reloaded);
            grace = reloaded.engine.grace;
            in_force = std::move(places);
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
