// Owns the command `messages`: lists every message, so that one can be looked up.
// SPDX-License-Identifier: MIT
#include <cstdlib>

#include "commands/commands.h"
#include "commands/print.h"
#include "messages/table.h"

namespace reelgate::commands {

int messages(const Invocation&) {
    std::string text;
    for (const reelgate::messages::Message& message : reelgate::messages::table)
        text.append(form_of(message)).append("\n");
    print(text);
    return EXIT_SUCCESS;
}

}  // namespace reelgate::commands
