// Owns standard output of the commands that print a text.
// SPDX-License-Identifier: MIT
#include "commands/print.h"

#include <unistd.h>

#include <utility>
#include <vector>

#include "gateway/cgi.h"

namespace reelgate::commands {

void print(std::string text) {
    const std::vector<http::Piece> pieces{std::move(text)};
    gateway::check(gateway::write_content(STDOUT_FILENO, {pieces, {}}));
}

}  // namespace reelgate::commands
