// Owns the settings for answers: where things are, the policy, and how bytes are delivered.
// Does not check them: the options do.
// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/known_names.h"
#include "catalog/permission.h"
#include "http/plan.h"
#include "link/keys.h"

namespace reelgate {

/// Where the videos are: for clients, in the catalogue, and on disk.
struct Places {
    std::filesystem::path database;
    std::vector<std::filesystem::path> videos;  ///< folders, in the order in which a file is looked for
    std::string query;   ///< looks an id up in the catalogue
    catalog::HadAllow had_allow = catalog::no_allow_yet();  ///< of the query; copies share it
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

/// Whether a request needs a link.
enum class LinkUse {
    required,  ///< without a good one it is refused
    accepted,  ///< without one the catalogue alone decides, and with one, too; a bad one is refused
};

/// Links that expire.
struct LinkSettings {
    std::filesystem::path key_file;          ///< empty: there are no links, and none is looked at
    LinkUse use = LinkUse::required;
    std::string cookie;                      ///< that may hold a link, too; empty: none
    std::shared_ptr<const link::Keys> keys;  ///< of the file; null until with_keys()
};

struct HandlerSettings {
    Places places;
    http::Policy policy;
    Delivery delivery;
    LinkSettings links;
    std::string auth_path;  ///< where web servers ask whether a target may be had; empty: nowhere
};

/// Returns the settings with the keys of links, which are read unless they are there, or none are to be. Throws
/// posix::FailureError.
inline HandlerSettings with_keys(HandlerSettings settings) {
    LinkSettings& links = settings.links;
    if (!links.keys && !links.key_file.empty())
        links.keys = std::make_shared<const link::Keys>(link::read_keys(links.key_file));
    return settings;
}

/// Returns whether answers depend on meta-variables that a request has no members for.
inline bool asks_variables(const HandlerSettings& settings) {
    return catalog::names_variables(settings.places.query) || !settings.links.key_file.empty() ||
           !settings.auth_path.empty();
}

}  // namespace reelgate
