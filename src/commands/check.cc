// Owns the command `check`: an audit of the catalogue against the files, for people or for programs.
// SPDX-License-Identifier: MIT
#include <unistd.h>

#include <cstdlib>

#include "audit/audit.h"
#include "commands/commands.h"
#include "commands/findings.h"
#include "commands/print.h"
#include "commands/progress_bar.h"
#include "options/table.h"
#include "posix/shell.h"

namespace reelgate::commands {

namespace {

/// Returns the user whose permissions to check; nothing for the user of this process.
std::optional<posix::User> user_from(const Arguments& arguments) {
    const auto name = arguments.value("user");
    if (!name) return std::nullopt;
    const auto user = posix::find_user(*name);
    if (!user) posix::fail("user-unknown", *name);
    if (user->id == geteuid()) return std::nullopt;
    if (geteuid() != 0) posix::fail("user-needs-root", *name);
    return user;
}

/// Returns the options that another command needs to mean the same catalogue and folders; nothing where a query of
/// its own says that the table is another application's.
std::optional<std::string> options_for_commands(const Invocation& invocation) {
    const Places& places = invocation.settings.handler.places;
    if (!places.query.empty()) return std::nullopt;
    std::string words;
    for (const auto& [name, values] : invocation.arguments.options) {
        const options::Option* const option = options::find_option(name, Scope::settings);
        if (!option) continue;
        for (const options::Value& value : values)
            if (value.place == options::command_line_place)
                words.append(" --").append(name).append(" ").append(posix::shell_word(value.text));
    }
    return words;
}

}  // namespace

int check(const Invocation& invocation) {
    const Arguments& arguments = invocation.arguments;
    const auto user = user_from(arguments);
    audit::Report report;
    {
        ProgressBar bar;
        const auto show = [&](std::string_view doing, std::size_t done, std::size_t total) {
            bar.show(doing, done, total);
        };
        const Places& places = invocation.settings.handler.places;
        const std::string list = arguments.value("list").value();
        report = audit::run({places.database, places.videos, places.query, list, places.ready,
                             options_for_commands(invocation), places.id_segments}, user, show);
    }
    print(arguments.has("json") ? json_of(report) : text_of(report));
    // Root bypasses permissions: the audit then tells nothing about those of the server.
    if (geteuid() == 0 && isatty(STDERR_FILENO) == 1)
        complain(text_of(posix::failure_of("check-as-root")));
    return report.findings.empty() ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace reelgate::commands
