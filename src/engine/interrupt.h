// Owns what happens to a line of progress on a terminal when a signal ends the process.
// Does not keep the signal from ending it.
// SPDX-License-Identifier: MIT
#pragma once

namespace reelgate::engine {

/// Wipes the line that the cursor of the terminal on standard error is in, when SIGINT, SIGTERM or SIGHUP comes; then
/// lets that signal end the process, as it would have. A signal that is ignored stays so.
void wipe_line_when_interrupted();

}  // namespace reelgate::engine
