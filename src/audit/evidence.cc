// Owns the evidence of an audit, as values.
// SPDX-License-Identifier: MIT
#include "audit/evidence.h"

#include "http/target.h"

namespace reelgate::audit {

std::set<std::string_view> named_files(const FirstLook& first, const SecondLook& second) {
    std::set<std::string_view> names;
    for (const auto* rows : {&first.rows, &second.rows})
        for (const auto& [id, row] : *rows)
            if (row) names.insert(row->file);
    return names;
}

bool is_streamed(const std::string& id, const std::optional<SeenRow>& row) {
    return row && row->is_ready && http::is_video_id(id);
}

}  // namespace reelgate::audit
