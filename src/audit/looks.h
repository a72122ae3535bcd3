// Owns the two looks of an audit: reads catalogue and files, the same way as requests do.
// Does not change anything, and does not say what is wrong: judge.h does.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "audit/evidence.h"
#include "catalog/reader.h"
#include "media/listing.h"
#include "media/media_folders.h"

namespace reelgate::audit {

/// Called with the progress: the current step, how much of it is done, and the total (0: unknown).
using Progress = std::function<void(std::string_view, std::size_t, std::size_t)>;

/// Takes the looks, for one thread. What it writes to is complete up to where a function throws.
class Looks {
public:
    /// Lists the files below the folders of videos.
    Looks(Subject subject, Progress progress);

    /// Takes the first look. Adds the permissions that it finds missing to `rights`. Throws
    /// posix::FailureError if catalogue or folder cannot be used.
    void look(FirstLook& first, Rights& rights);

    /// Takes the second look, at what may have changed, and what the first left in doubt. Throws as look().
    void look_again(const FirstLook& first, SecondLook& second);

    std::size_t files() const { return listing_.files.size(); }

private:
    void look_at_row(const std::string& id, FirstLook& first, Rights& rights);
    Opening open_film(const std::string& file, bool is_mp4, Rights& rights);
    void look_at_films_again(const FirstLook& first, SecondLook& second);
    void look_for_missing_again(const FirstLook& first, SecondLook& second);
    void look_for_new_rows(const FirstLook& first, SecondLook& second);
    void look_at_strays(const FirstLook& first, SecondLook& second);
    bool is_hidden(const std::string& path) const;
    std::optional<posix::Failure> why_outside(const std::string& path);
    std::optional<SeenRow> find(const std::string& id);
    bool is_folder_of_segments(const std::string& file) const;
    bool is_found_by_path(const std::string& path);

    const Subject subject_;
    const Progress progress_;
    catalog::Reader catalog_;
    media::MediaFolders videos_;
    media::Listing listing_;
};

}  // namespace reelgate::audit
