// Owns the evidence of an audit, as values.
// SPDX-License-Identifier: MIT
#include "audit/evidence.h"

#include "http/target.h"

namespace reelgate::audit {

std::string path_below(const std::filesystem::path& folder, const std::string& file) {
    return (folder / file).lexically_normal().native();
}

std::set<std::string> named_files(const FirstLook& first, const SecondLook& second) {
    std::set<std::string> paths;
    const auto add = [&](const std::string& file) {
        for (const std::filesystem::path& folder : first.videos) paths.insert(path_below(folder, file));
    };
    for (const auto* rows : {&first.rows, &second.rows})
        for (const auto& [id, row] : *rows)
            if (row) add(row->file);
    return paths;
}

bool is_streamed(const std::string& id, unsigned id_segments, const std::optional<SeenRow>& row) {
    return row && row->is_ready && http::is_video_id(id, id_segments);
}

}  // namespace reelgate::audit
