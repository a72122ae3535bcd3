// Owns the files that a folder of videos has opened a moment ago, by name.
// SPDX-License-Identifier: MIT
#include "media/kept_files.h"

#include <algorithm>
#include <utility>

namespace reelgate::media {

KeptFiles::Look::Look(KeptFiles& files, std::string_view name, Clock::time_point now) : files_(files) {
    const std::lock_guard lock{files_.mutex_};
    const auto found = std::find_if(files_.files_.begin(), files_.files_.end(),
                                    [&](const Kept& kept) { return now < kept.end && kept.name == name; });
    if (found == files_.files_.end()) return;
    file_ = found->file;
    files_.looked_at_ = file_->fd.get();
}

KeptFiles::Look::~Look() {
    if (!file_) return;
    const std::lock_guard lock{files_.mutex_};
    file_.reset();
    files_.looked_at_ = nullptr;
}

void KeptFiles::reserve() {
    const std::lock_guard lock{mutex_};
    files_.reserve(files_.size() + 1);
}

void KeptFiles::keep(std::string name, const MediaFile& file, Clock::time_point end) noexcept {
    const std::lock_guard lock{mutex_};
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
    const std::lock_guard lock{mutex_};
    for (Kept& kept : files_)
        if (kept.name == name) kept.end = {};
}

void KeptFiles::forget_all() {
    const std::lock_guard lock{mutex_};
    for (Kept& kept : files_) kept.end = {};
}

bool KeptFiles::take_old(Clock::time_point now, std::vector<MediaFile>& taken) {
    const std::lock_guard lock{mutex_};
    const auto old = std::partition(files_.begin(), files_.end(), [&](const Kept& kept) {
        return now < kept.end || kept.file.fd.get() == looked_at_;
    });
    taken.reserve(taken.size() + static_cast<std::size_t>(files_.end() - old));
    for (auto kept = old; kept != files_.end(); ++kept) taken.push_back(std::move(kept->file));
    files_.erase(old, files_.end());
    return !files_.empty();
}

}  // namespace reelgate::media
