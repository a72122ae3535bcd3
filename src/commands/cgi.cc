// Owns plain CGI/1.1: one request from the environment, its document response on standard output (RFC 3875 §6.2.1).
// SPDX-License-Identifier: MIT
#include <unistd.h>

#include <cstdlib>

#include "commands/commands.h"
#include "gateway/cgi.h"
#include "gateway/meta_variables.h"

namespace reelgate::commands {

int cgi(const Settings& settings, const char* const* meta_variables) {
    Handler handler{settings.handler};
    const Answer answer = handler.answer(gateway::request_from(meta_variables));
    gateway::check(gateway::write_response(STDOUT_FILENO, answer.response, answer.file()));
    return EXIT_SUCCESS;
}

}  // namespace reelgate::commands
