// Owns the ids of films that are added without one.
// SPDX-License-Identifier: MIT
#include "commands/new_ids.h"

#include <algorithm>
#include <string_view>

#include "http/ascii.h"
#include "http/media_type.h"
#include "http/target.h"

namespace reelgate::commands {

std::string name_without(const std::filesystem::path& path, const std::string& extension) {
    const std::string own = path.extension();
    const bool is_of_media = http::equal_ignoring_case(own, extension) || http::is_known_extension(own);
    return is_of_media ? path.stem() : path.filename();
}

std::string id_from_name(const std::string& name) {
    std::string id;
    bool is_in_gap = false;  // behind a dash that stands for what is left out: no other one joins it
    for (const char c : name) {
        const bool is_allowed = c == '.' || http::is_video_id(std::string_view{&c, 1});
        if (!is_allowed && !id.empty() && !id.ends_with('-')) {
            id.push_back('-');
            is_in_gap = true;
        }
        if (!is_allowed || (c == '-' && is_in_gap)) continue;
        id.push_back(c);
        is_in_gap = false;
    }
    id.resize(std::min(id.size(), http::max_id_length));
    // A name that begins or ends with "-" of its own keeps it.
    if (!name.ends_with('-'))
        while (id.ends_with('-')) id.pop_back();
    return http::is_video_id(id) ? id : std::string{};
}

std::string free_id(std::string id, const std::map<std::string, std::optional<std::string>>& taken) {
    if (!taken.contains(id)) return id;
    for (unsigned n = 2;; ++n) {
        const std::string end = "-" + std::to_string(n);
        std::string next = id.substr(0, http::max_id_length - end.size()) + end;
        if (!taken.contains(next)) return next;
    }
}

}  // namespace reelgate::commands
