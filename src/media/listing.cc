// Owns the list of what is below the folder of videos, by name.
// SPDX-License-Identifier: MIT
#include "media/listing.h"

namespace reelgate::media {

namespace fs = std::filesystem;

Listing list_files(const fs::path& folder, const std::function<void(std::size_t)>& progress) {
    Listing listing;
    std::vector<fs::path> waiting{""};
    while (!waiting.empty()) {
        const fs::path below = std::move(waiting.back());
        waiting.pop_back();
        std::error_code error;
        fs::directory_iterator entry{folder / below, error};
        for (; !error && entry != fs::directory_iterator{}; entry.increment(error)) {
            fs::path name = below / entry->path().filename();
            std::error_code ignored;  // an entry that has vanished is not a folder
            if (entry->is_symlink(ignored) || !entry->is_directory(ignored))
                listing.files.push_back(std::move(name));
            else if (name != "lost+found")
                waiting.push_back(std::move(name));
        }
        if (error) listing.unknown.push_back({{}, folder / below, error.message(), {}, error.value()});
        if (progress) progress(listing.files.size());
    }
    return listing;
}

}  // namespace reelgate::media
