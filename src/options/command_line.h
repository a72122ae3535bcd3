// Owns the words of the command line: the only door to Boost.ProgramOptions.
// Does not check values.
// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string>

#include "options/arguments.h"

namespace reelgate::options {

/// Reads the words after a command's name. After a word that cannot be read nothing is taken.
Arguments read_command_line(Problems& problems, std::span<const char* const> words, Scope scope);

/// Returns the version of Boost that this program was built with.
std::string boost_version();

}  // namespace reelgate::options
