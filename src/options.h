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

/// Usage error: an unknown command or option, or a value that is out of range, on the command line, in the environment
/// or in the configuration file. Exit status 2.
class UsageError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Which commands take an option.
enum class Scope {
    settings,  ///< every command; also from environment and configuration file
    add,       ///< only this command, from its command line
    get,
    status,
    check,
};

/// A row of the table.
struct Option {
    std::string_view name;           ///< without the dashes
    std::string_view argument;       ///< name of its value in --help; empty: it takes none
    std::string_view default_value;  ///< empty: none, or it depends on another option or the machine
    std::string_view meaning;
    Scope scope = Scope::settings;
    bool repeatable = false;
};

/// Returns all options, in the order of --help.
std::span<const Option> option_table();

/// Returns the default of an option that has one.
std::string_view default_of(std::string_view name);

/// Parsed arguments: values by option name, and operands. If several sources give an option, only the first of command
/// line, environment (REELGATE_NAME) and configuration file counts.
struct Arguments {
    std::map<std::string, std::vector<std::string>, std::less<>> values;
    /// The source of each value: "command line", "environment REELGATE_NAME" or "FILE:LINE".
    std::map<std::string, std::vector<std::string>, std::less<>> places;
    std::vector<std::string> operands;

    /// Returns the value of an option that is not repeatable; nothing if it was not given.
    std::optional<std::string> value(std::string_view name) const;

    bool has(std::string_view name) const { return values.contains(name); }
};

/// Reads the arguments of a command (without its name), with the settings and the options of `scope`; then the
/// environment, a null-terminated array of "NAME=value"; then the file that --config names. Throws UsageError for the
/// first problem.
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

/// Checks each value. Throws UsageError for the first invalid one.
Settings settings_from(const Arguments& arguments);

/// Arguments with all of their problems.
struct Reading {
    Arguments arguments;
    bool is_partial = false;            ///< the command line or the file could not be read: much may be missing
    Settings settings;                  ///< without invalid values
    std::vector<std::string> problems;  ///< texts that read_arguments or settings_from would throw, one after another
};

/// Reads and checks like read_arguments and settings_from, but goes on after a problem.
Reading examine_arguments(std::span<const char* const> words, const char* const* environment, Scope scope);

/// Formats the settings in force as a configuration file for --config, with the source of each in a comment above it.
std::string describe_settings(const Arguments& arguments, const Settings& settings);

/// Formats the table for --help, one scope at a time.
std::string describe_options(Scope scope);

/// Returns the version of Boost that this program was built with.
std::string boost_version();

}  // namespace reelgate
