// Owns wiping the progress line off a terminal when a signal ends the process.
// SPDX-License-Identifier: MIT
#include "commands/interrupt.h"

#include <signal.h>
#include <unistd.h>

#include <initializer_list>

namespace reelgate::commands {

namespace {

/// Does only what a signal handler may (signal-safety(7)).
void wipe_line(int number) {
    constexpr char wipe[] = "\r\x1b[K";
    [[maybe_unused]] const auto ignored = write(STDERR_FILENO, wipe, sizeof wipe - 1);
    // Delivered at the end of this handler, with the default disposition (SA_RESETHAND): the parent sees that the
    // signal ended the process.
    raise(number);
}

}  // namespace

void wipe_line_when_interrupted() {
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
        struct sigaction present {};
        sigaction(number, nullptr, &present);
        if (present.sa_handler == SIG_IGN) continue;
        struct sigaction action {};
        action.sa_handler = wipe_line;
        action.sa_flags = static_cast<int>(SA_RESETHAND);
        sigaction(number, &action, nullptr);
    }
}

}  // namespace reelgate::commands
