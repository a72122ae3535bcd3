// Owns which videos a catalogue has, and which files are theirs.
// Does not change either.
// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "catalog/writer.h"
#include "commands/library.h"
#include "posix/file_id.h"

namespace reelgate::commands {

/// The videos of a catalogue as they were when a command began, and what it has done to them since.
class KnownFilms {
public:
    using Files = std::map<std::string, std::optional<std::string>>;

    /// Reads all rows. `library` must outlive this. Throws catalog::CatalogError.
    KnownFilms(catalog::Writer& catalog, Library& library, unsigned id_segments);

    /// Returns the file of each video by its id, as its row has it.
    const Files& files() const { return files_; }

    /// Returns whether a video was there before the command began.
    bool was_there(const std::string& id) const { return before_.contains(id); }

    /// Returns the name of a video's file below the folders: that of its row, or the default.
    std::string name_of(const std::string& id) const;

    /// Returns the id of a video, other than `except`, whose name of a file is that one, letter by letter.
    std::optional<std::string> with_name(const std::string& name, const std::string& except) const;

    /// Returns the id of a video, other than `except`, whose row means that file, whatever names and links lead there.
    /// Opens the files of all rows at the first call.
    std::optional<std::string> with_file(const posix::FileId& file, const std::string& except = {});

    /// Notes that a video has that file from now on.
    void note(const catalog::NewVideo& video, const posix::FileId& file);

    /// Notes that a video is gone.
    void forget(const std::string& id);

private:
    void find_files();
    void set_file(const std::string& id, const posix::FileId& file);

    Library& library_;
    const unsigned id_segments_;
    Files files_;
    std::set<std::string> before_;
    std::map<posix::FileId, std::set<std::string>> ids_;  ///< by file
    std::map<std::string, posix::FileId> file_ids_;       ///< by id, those that have a file
    bool are_files_found_ = false;
};

}  // namespace reelgate::commands
