// Owns the files that a folder of videos has opened a moment ago, by name.
// SPDX-License-Identifier: MIT
#include "media/kept_files.h"

#include <algorithm>
#include <utility>

namespace reelgate::media {

const MediaFile* KeptFiles::find(std::string_view name, Clock::time_point now) const {
    const auto found = std::find_if(files_.begin(), files_.end(),
                                    [&](const Kept& kept) { return now < kept.end && kept.name == name; });
    return found != files_.end() ? &found->file : nullptr;
}

void KeptFiles::keep(std::string name, const MediaFile& file, Clock::time_point end) noexcept {
    // The same version once more: nothing is to be closed.
    const auto same = std::find_if(files_.begin(), files_.end(),
                                   [&](const Kept& kept) { return kept.file.fd == file.fd && kept.name == name; });
    if (same != files_.end()) {
        same->file = file;
        same->end = end;
        return;
    }
    if (files_.size() < max_files) files_.push_back({std::move(name), file, end});
}

void KeptFiles::forget(std::string_view name) {
    for (Kept& kept : files_)
        if (kept.name == name) kept.end = {};
}

void KeptFiles::forget_all() {
    for (Kept& kept : files_) kept.end = {};
}

void KeptFiles::take_old(Clock::time_point now, std::vector<MediaFile>& taken) {
    const auto old = std::partition(files_.begin(), files_.end(), [now](const Kept& kept) { return now < kept.end; });
    taken.reserve(taken.size() + static_cast<std::size_t>(files_.end() - old));
    for (auto kept = old; kept != files_.end(); ++kept) taken.push_back(std::move(kept->file));
    files_.erase(old, files_.end());
}

}  // namespace reelgate::media
