// Owns `reelgate --check-config`: prints the settings in force, and every reason why `serve` would not start with them.
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstdlib>

#include "commands/commands.h"
#include "commands/print.h"
#include "gateway/listener.h"
#include "options/description.h"
#include "options/sources.h"

namespace reelgate::commands {

namespace {

/// Prints the failure of `work`, if any. Returns the exit status that it would cause.
template <typename Work>
int complaint_of(const Work& work) {
    try {
        work();
        return EXIT_SUCCESS;
    } catch (const std::exception& error) {
        complain(error.what());
        return exit_status_of(error);
    }
}

void check_listen(const std::string& listen) {
    if (listen.empty()) return;
    const auto holder = gateway::check_address(address_from("listen", listen));
    if (holder) complain(text_of(posix::failure_of("listen-other-reelgate", listen, messages::Number{*holder})));
}

}  // namespace

int check_config(std::span<const char* const> words, const char* const* environment) {
    const options::Reading reading = options::examine_arguments(words, environment, Scope::settings);
    const Settings& settings = reading.settings;
    print(options::describe_settings(reading.arguments, settings));

    int status = EXIT_SUCCESS;
    const auto check = [&](const auto& work) { status = std::max(status, complaint_of(work)); };
    for (const posix::Failure& problem : reading.problems) check([&] { throw posix::FailureError{problem}; });
    for (const std::string& operand : reading.arguments.operands)
        check([&] { posix::fail("check-config-word", operand); });
    // With defaults in place of unreadable settings, further checks would mislead.
    if (reading.is_partial) return status;
    check([&] {
        catalog::Reader catalog{settings.handler.places.database, settings.handler.places.query};
        catalog.check();
        if (const auto warning = catalog.warning()) complain(text_of(*warning));
    });
    check([&] { media::MediaFolders{settings.handler.places.videos}.check(); });
    check([&] { with_keys(settings.handler); });
    check(check_web_server_addresses);
    check([&] { check_listen(settings.listen); });
    return status;
}

}  // namespace reelgate::commands
