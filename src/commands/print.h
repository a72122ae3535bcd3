// Owns standard output of the commands that print a text.
// Does not print answers: gateway/cgi.h does.
// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace reelgate::commands {

/// Writes all of a command's text to standard output. Throws posix::FailureError.
void print(std::string text);

}  // namespace reelgate::commands
