// Owns plain CGI/1.1: one request from the environment, its document response on standard output (RFC 3875 §6.2.1).
// SPDX-License-Identifier: MIT
#include <unistd.h>

#include <cstdlib>

#include "commands/commands.h"
#include "commands/one_answer.h"
#include "gateway/cgi.h"
#include "gateway/meta_variables.h"

namespace reelgate::commands {

int cgi(const Settings& settings, const char* const* meta_variables) {
    const OneAnswer answer{settings.handler, gateway::request_from(meta_variables, gateway::Keep::all)};
    const Outcome& outcome = answer.outcome();
    answer.end(gateway::write_response(STDOUT_FILENO, outcome.response, outcome.content()));
    return EXIT_SUCCESS;
}

}  // namespace reelgate::commands
