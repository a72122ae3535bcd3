// Owns the settings for answers: where things are, the policy, and how bytes are delivered.
// Does not check them: the options do.
// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "http/plan.h"

namespace reelgate {

/// Where the videos are: for clients, in the catalogue, and on disk.
struct Places {
    std::filesystem::path database;
    std::vector<std::filesystem::path> videos;  ///< folders, in the order in which a file is looked for
    std::string query;   ///< looks an id up in the catalogue
    std::string ready;   ///< the status that may be streamed
    std::string prefix;  ///< the part of a target's path before the id
    unsigned id_segments = 1;  ///< that an id may have at most
};

/// How the content of a video is sent: by reelgate, or by the web server, which a field tells the file.
enum class Offload { none, x_sendfile, x_accel_redirect };

struct Delivery {
    Offload offload = Offload::none;
    /// The part of X-Accel-Redirect before the path of a file, for each folder of videos that the web server has.
    std::vector<std::string> offload_prefixes;
};

struct HandlerSettings {
    Places places;
    http::Policy policy;
    Delivery delivery;
};

}  // namespace reelgate
