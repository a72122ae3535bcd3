// Owns what the program says of its options: --help, and the settings in force.
// Does not write the manuals: scripts/generate does, from the same table.
// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "options/arguments.h"

namespace reelgate::options {

/// Formats the settings in force as a configuration file for --config, with the source of each in a comment above it.
std::string describe_settings(const Arguments& arguments, const Settings& settings);

/// Returns what an option means, in a line.
std::string meaning_of(const Option& option);

/// Returns the sentences about an option for the shipped file and its manual; empty if it has none.
std::string text_of(const Option& option);

/// Formats the table for --help, one scope at a time.
std::string describe_options(Scope scope);

}  // namespace reelgate::options
