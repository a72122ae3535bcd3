// Owns the sources and their order: command line, environment (REELGATE_NAME), the file that --config names, defaults.
// Does not know what a command does with an option.
// SPDX-License-Identifier: MIT
#pragma once

#include <span>

#include "options/arguments.h"
#include "options/settings.h"
#include "options/problems.h"

namespace reelgate::options {

/// Reads the arguments of a command (without its name), with the settings and the options of `scope`; then the
/// environment, a null-terminated array of "NAME=value"; then the file that --config names. If several of them give an
/// option, only the first counts. Throws a usage error for the first problem.
Arguments read_arguments(std::span<const char* const> words, const char* const* environment, Scope scope);

/// Checks each value. Throws a usage error for the first invalid one.
Settings settings_from(const Arguments& arguments);

/// Arguments with all of their problems.
struct Reading {
    Arguments arguments;
    bool is_partial = false;  ///< the command line or the file could not be read: much may be missing
    Settings settings;        ///< with defaults in place of invalid values
    Problems problems;        ///< what read_arguments or settings_from would throw, one after another
};

/// Reads and checks like read_arguments and settings_from, but goes on after a problem.
Reading examine_arguments(std::span<const char* const> words, const char* const* environment, Scope scope);

}  // namespace reelgate::options
