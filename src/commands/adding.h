// Owns adding films to the catalogue: those that lie in place are recorded, others are copied or linked first.
// Does not choose the files: add.cc does.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "catalog/writer.h"
#include "commands/known_films.h"
#include "commands/library.h"
#include "handler_settings.h"
#include "media/media_writer.h"
#include "posix/failure.h"

namespace reelgate::commands {

/// What to do with files, besides what the settings say.
struct AddOptions {
    std::optional<std::string> id;
    std::optional<std::string> title;
    std::optional<std::string> media_type;
    bool links = false;     ///< hard-links in place of copies where that can be
    bool replaces = false;  ///< puts a new cut under an id that is there
};

/// Adds one file after another. Throws posix::FailureError, and nothing of that file is added then.
class Adding {
public:
    Adding(const Places& places, AddOptions options);

    /// Adds a file. One that lies in place is recorded with others by the next commit().
    void add(const Source& source, const media::Progress& progress);

    /// Records what lies in place, in one transaction. Returns why some of it could not be recorded.
    std::vector<posix::Failure> commit();

    /// Returns whether enough waits to be recorded: a transaction keeps other writers waiting.
    bool is_batch_full() const { return waiting_.size() >= max_batch; }

    /// Gives up what was not told yet: a line for each film that is recorded.
    std::string take_text() { return std::exchange(text_, {}); }

    // Files in folders that were left out

    std::size_t known() const { return known_; }  ///< recorded already, or a link to one that is
    std::size_t no_media() const { return no_media_; }

private:
    /// A film in place that is still to be recorded.
    struct Waiting {
        catalog::NewVideo video;
        std::uint64_t length = 0;
    };

    /// Films that fit into one transaction.
    static constexpr std::size_t max_batch = 1000;

    std::string id_for(const Source& source, const Look& look) const;
    catalog::NewVideo video_for(const Source& source, const Look& look, std::string id) const;
    void add_known(const Source& source, const Look& look, const std::string& id);
    void copy(catalog::NewVideo video, const Source& source, const Look& look, const media::Progress& progress);
    void replace_in_place(const catalog::NewVideo& video, const Look& look);
    void replace(catalog::NewVideo video, const Source& source, const Look& look, const media::Progress& progress);
    std::string fill(media::MediaWriter& file, const Source& source, const media::Progress& progress) const;
    void tell(const std::string& id, std::uint64_t length, std::string_view how);

    const Places& places_;
    const AddOptions options_;
    catalog::Writer catalog_;
    Library library_;
    KnownFilms films_;
    std::vector<Waiting> waiting_;
    std::size_t known_ = 0, no_media_ = 0;
    std::string text_;
};

}  // namespace reelgate::commands
