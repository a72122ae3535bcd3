// Owns the settings: what the options mean, as values of their own types.
// Does not know any default: the table of options does.
// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>

#include "engine/server.h"
#include "handler_settings.h"
#include "log.h"

namespace reelgate::options {

struct Settings {
    HandlerSettings handler;
    engine::EngineSettings engine;
    std::filesystem::path data;
    std::string listen;  ///< empty: not given
    mode_t socket_mode{};
    LogLevel log_level{};
};

}  // namespace reelgate::options
