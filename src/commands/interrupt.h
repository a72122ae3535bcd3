// Owns wiping the progress line off a terminal when a signal ends the process.
// Does not keep the signal from ending it.
// SPDX-License-Identifier: MIT
#pragma once

namespace reelgate::commands {

/// Handles SIGINT, SIGTERM and SIGHUP from now on: wipes the cursor's line of the terminal on standard error, then lets
/// the signal end the process as usual. An ignored signal stays ignored.
void wipe_line_when_interrupted();

}  // namespace reelgate::commands
