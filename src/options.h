// Owns the options: one table that feeds command line, environment, configuration file and --help. The only file
// with Boost.ProgramOptions.
// Does not know what a command does with them.
// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <map>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "engine/server.h"
#include "handler.h"
#include "log.h"

namespace reelgate {

/// The command line, the environment or the configuration file says something that cannot be meant: exit status 2.
class UsageError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Who takes an option.
enum class Scope {
    settings,  ///< every command; from environment and configuration file as well
    add,       ///< the command alone, from its command line
    get,
    status,
    check,
};

/// A row of the table.
struct Option {
    std::string_view name;           ///< without the dashes
    std::string_view argument;       ///< how --help calls its value; empty: it takes none
    std::string_view default_value;  ///< empty: none, or one that depends on another option or the machine
    std::string_view meaning;
    Scope scope = Scope::settings;
    bool repeatable = false;
};

/// All options, in the order of --help.
std::span<const Option> option_table();

/// The default of an option that has one.
std::string_view default_of(std::string_view name);

/// What was given: values by option name, and what was no option. Where several sources give an option, the first
/// of command line, environment (REELGATE_NAME) and configuration file counts, and no other.
struct Arguments {
    std::map<std::string, std::vector<std::string>, std::less<>> values;
    /// Where each of the values came from: "command line", "environment REELGATE_NAME" or "FILE:LINE".
    std::map<std::string, std::vector<std::string>, std::less<>> places;
    std::vector<std::string> operands;

    /// The value of an option that is not repeatable; nothing when it was not given.
    std::optional<std::string> value(std::string_view name) const;

    bool has(std::string_view name) const { return values.contains(name); }
};

/// Reads the arguments of a command (without its name), with the settings and the options of `scope`; then the
/// environment, a null-terminated array of "NAME=value"; then the file that --config names. Throws UsageError for the
/// first thing that is wrong.
Arguments read_arguments(std::span<const char* const> arguments, const char* const* environment, Scope scope);

/// The settings, checked and with their defaults.
struct Settings {
    HandlerSettings handler;
    engine::EngineSettings engine;
    std::filesystem::path data;
    std::string listen;  ///< empty: not given
    mode_t socket_mode = 0;
    LogLevel log_level = LogLevel::notice;
};

/// Checks each value. Throws UsageError for the first that cannot be meant.
Settings settings_from(const Arguments& arguments);

/// All that can be said of arguments, for who wants to know everything that is wrong with them.
struct Reading {
    Arguments arguments;
    bool is_partial = false;            ///< the command line or the file could not be read: much may be missing
    Settings settings;                  ///< without the values that cannot be meant
    std::vector<std::string> problems;  ///< what read_arguments or settings_from would throw, one after the other
};

/// Reads and checks as read_arguments and settings_from do, to the end.
Reading examine_arguments(std::span<const char* const> words, const char* const* environment, Scope scope);

/// Writes the settings that are in force as a file that --config can name, with where each came from as a comment
/// above it.
std::string describe_settings(const Arguments& arguments, const Settings& settings);

/// Formats the table for --help, one scope at a time.
std::string describe_options(Scope scope);

/// Gives the version of Boost that this program was built with.
std::string boost_version();

}  // namespace reelgate
