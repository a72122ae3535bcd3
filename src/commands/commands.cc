// Owns the table of commands: the words that a user can put after "reelgate".
// SPDX-License-Identifier: MIT
#include "commands/commands.h"

#include <array>
#include <cstdlib>

namespace reelgate::commands {

std::span<const Command> command_table() {
    static constexpr std::array table{
        Command{"serve", "[options]", "serves FastCGI; the command when none is named", Scope::settings, 0, serve},
        Command{"get", "[options] ID|URI", "answers one request, without a web server", Scope::get, 1, get},
        Command{"add", "[options] FILE...", "records films as complete, and copies those that are not below VIDEOS",
                Scope::add, 1, add, true},
        Command{"remove", "[options] ID...", "takes videos out of the catalogue, and then removes their files",
                Scope::remove, 1, remove, true},
        Command{"list", "[options]", "prints the videos: state, size, length in time, file", Scope::list, 0, list},
        Command{"check", "[options]", "says what is wrong between catalogue and files: status 1 if anything is",
                Scope::check, 0, check},
        Command{"sign", "[options] ID|PATH...", "makes links that expire: one address a line", Scope::sign, 1, sign,
                true},
        Command{"init", "[options]", "makes the folders and an empty catalogue", Scope::init, 0, init},
        Command{"status", "[options]", "asks a running reelgate what it is doing", Scope::status, 0, status},
        Command{"messages", "", "lists what reelgate can say when something fails, and in its log", Scope::settings, 0,
                messages},
    };
    return table;
}

int exit_status_of(const std::exception& error) {
    const auto* const failure = dynamic_cast<const posix::FailureError*>(&error);
    return failure && failure->failure().kind == messages::Kind::usage ? 2 : EXIT_FAILURE;
}

}  // namespace reelgate::commands
