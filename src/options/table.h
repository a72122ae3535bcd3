// Owns the table of options, which feeds command line, environment, file, --help and manuals.
// Does not read any source.
// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string_view>

#include "options/option.h"

namespace reelgate::options {

/// Returns all options, in the order of --help, of the manuals and of the shipped file. An option stands below those
/// that its default or its check needs.
std::span<const Option> option_table();

/// Returns an option that commands with this scope take; null if there is none of that name.
const Option* find_option(std::string_view name, Scope scope);

}  // namespace reelgate::options
