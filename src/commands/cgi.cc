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
    gateway::DescriptorSender sender{STDOUT_FILENO};
    sender.check(gateway::send_response(answer.response, answer.file(), sender));
    return EXIT_SUCCESS;
}

}  // namespace reelgate::commands
