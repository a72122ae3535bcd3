// Owns the table of commands: the words that a user can put after "reelgate".
// Does not parse options.
// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <span>
#include <string_view>

#include "gateway/listener.h"
#include "options/arguments.h"
#include "options/settings.h"

namespace reelgate::commands {

using options::Arguments;
using options::Scope;
using options::Settings;

/// Returns the exit status of a command that ended with an exception: 2 for a usage error.
int exit_status_of(const std::exception& error);

/// Arguments of a command.
struct Invocation {
    const Arguments& arguments;
    const Settings& settings;
    std::function<Settings()> reload;  ///< reads the settings again, from the same sources
};

/// A command. `run` returns the exit status, and throws failures.
struct Command {
    std::string_view name;
    std::string_view synopsis;  ///< the words after its name
    std::string_view meaning;
    Scope scope;           ///< the options that it takes besides the settings
    std::size_t operands;  ///< the number that it needs, or, if it takes more, the least
    int (*run)(const Invocation&);
    bool takes_more = false;
};

std::span<const Command> command_table();

/// Serves FastCGI until a signal stops it.
int serve(const Invocation& invocation);

/// Answers the request that the command line describes, on standard output.
int get(const Invocation& invocation);

/// Records files as videos, and copies those that do not lie in place.
int add(const Invocation& invocation);

/// Takes videos out of the catalogue, and removes their files.
int remove(const Invocation& invocation);

/// Prints the videos of the catalogue.
int list(const Invocation& invocation);

/// Makes links that expire.
int sign(const Invocation& invocation);

/// Audits the catalogue against the files.
int check(const Invocation& invocation);

/// Makes folders and catalogue.
int init(const Invocation& invocation);

/// Asks a running reelgate what it is doing.
int status(const Invocation& invocation);

/// Lists the messages.
int messages(const Invocation& invocation);

/// Prints the settings in force, and every reason why serve() would not start with them, for the words after the
/// program's name. Changes nothing. Returns the exit status.
int check_config(std::span<const char* const> words, const char* const* environment);

/// Parses the address that an option has.
gateway::Address address_from(std::string_view option, std::string_view text);

/// Checks the environment's FCGI_WEB_SERVER_ADDRS.
void check_web_server_addresses();

/// Answers the request that the process environment describes, on standard output: plain CGI (RFC 3875).
int cgi(const Settings& settings, const char* const* meta_variables);

}  // namespace reelgate::commands
