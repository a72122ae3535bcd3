// Owns the entry: finds the command, and turns an error into an exit status.
// Does nothing else itself.
// SPDX-License-Identifier: MIT
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <span>
#include <vector>

#include "commands/commands.h"
#include "commands/print.h"
#include "crypto/digest.h"
#include "gateway/fastcgi.h"
#include "options/command_line.h"
#include "options/description.h"
#include "options/sources.h"

#ifndef REELGATE_VERSION
#error "the Makefile defines REELGATE_VERSION"
#endif

namespace reelgate {

namespace {

using options::Scope;

constexpr std::string_view check_option = "--check-config";

std::string help() {
    std::string text = "reelgate: streams stored videos with HTTP Range, behind a web server, over FastCGI or CGI\n\n";
    for (const commands::Command& command : commands::command_table()) {
        std::string line = "  reelgate " + std::string{command.name} + " " + std::string{command.synopsis};
        line.resize(std::max<std::size_t>(36, line.size() + 2), ' ');
        text.append(line).append(command.meaning).append("\n");
    }
    text.append("  reelgate --check-config [options] says what is in force, and what would keep serve from starting\n"
                "  reelgate --help | --version\n"
                "  REQUEST_METHOD=GET REQUEST_URI=/api/stream/ID reelgate\n"
                "                                    plain CGI/1.1, without arguments\n");
    text.append("\nOptions of every command, also as REELGATE_NAME in the environment and as \"name = value\" lines\n"
                "in the file that --config names; the command line comes first, then the environment, then the "
                "file:\n");
    text.append(options::describe_options(Scope::settings));
    for (const commands::Command& command : commands::command_table()) {
        if (command.scope == Scope::settings) continue;
        text.append("\nOptions of ").append(command.name).append(":\n");
        text.append(options::describe_options(command.scope));
    }
    return text;
}

std::string version() {
    std::string text = "reelgate " REELGATE_VERSION "\n";
    const auto add = [&](std::string_view library, std::string_view number) {
        text.append(library).append(" ").append(number).append("\n");
    };
    add("libfcgi", gateway::libfcgi_version());
    add("SQLite", catalog::sqlite::version());
    add("Boost", options::boost_version());
    add("libsodium", crypto::version());
    return text;
}

/// Takes the command's name off the front of `words`. An option in its place means `serve`.
const commands::Command& take_command(std::span<const char* const>& words) {
    const auto table = commands::command_table();
    if (words.empty() || words.front()[0] == '-') return table.front();
    const std::string_view name{words.front()};
    words = words.subspan(1);
    const auto is_meant = [&](const commands::Command& command) { return command.name == name; };
    const auto found = std::find_if(table.begin(), table.end(), is_meant);
    if (found == table.end()) posix::fail("command-unknown", name);
    return *found;
}

void check_operands(const commands::Command& command, const std::vector<std::string>& operands) {
    if (operands.size() == command.operands || (command.takes_more && operands.size() > command.operands)) return;
    const std::string usage = "reelgate " + std::string{command.name} + " " + std::string{command.synopsis};
    if (operands.size() < command.operands) posix::fail("command-too-few", command.name, usage);
    posix::fail("command-too-many", command.name, operands[command.operands], usage);
}

/// Checks what `serve` with the other words would do, without serving.
int check_config(std::span<const char* const> words) {
    std::vector<const char*> others;
    std::copy_if(words.begin(), words.end(), std::back_inserter(others),
                 [](const char* word) { return word != check_option; });
    std::span<const char* const> rest{others};
    if (!rest.empty() && std::string_view{rest.front()} == "serve") rest = rest.subspan(1);
    return commands::check_config(rest, environ);
}

int run(std::span<const char* const> words) {
    for (const std::string_view word : words) {
        if (word != "--help" && word != "--version") continue;
        commands::print(word == "--help" ? help() : version());
        return EXIT_SUCCESS;
    }
    if (std::find(words.begin(), words.end(), check_option) != words.end()) return check_config(words);
    const bool is_cgi = words.empty() && std::getenv("REQUEST_METHOD");
    const commands::Command& command = take_command(words);
    const options::Arguments arguments = options::read_arguments(words, environ, command.scope);
    check_operands(command, arguments.operands);
    const options::Settings settings = options::settings_from(arguments);
    set_log_level(settings.log_level);
    if (is_cgi) {
        log_without_waiting();
        return commands::cgi(settings, environ);
    }
    const auto reload = [&] { return options::settings_from(options::read_arguments(words, environ, command.scope)); };
    return command.run({arguments, settings, reload});
}

}  // namespace

}  // namespace reelgate

int main(int argc, char** argv) {
    if (reelgate::leads_to_journal(STDERR_FILENO, std::getenv("JOURNAL_STREAM")))
        reelgate::set_log_form(reelgate::LogForm::journal);
    try {
        return reelgate::run({argv + std::min(argc, 1), argv + argc});
    } catch (const std::exception& error) {
        reelgate::complain(error.what());
        return reelgate::commands::exit_status_of(error);
    }
}
