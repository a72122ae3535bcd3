// Owns what commands ask of the folders of videos: whether a file lies in place, where a new one goes, where one is.
// Does not change anything.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "media/media_folders.h"
#include "posix/file_id.h"

namespace reelgate::commands {

/// A file to be added.
struct Source {
    std::filesystem::path path;
    bool is_named = false;  ///< on the command line, and not found in a folder that is
};

/// What a source is.
struct Look {
    posix::FileId id;
    std::uint64_t length = 0;               ///< bytes
    bool has_other_names = false;           ///< hard links, of which one may lie in place
    std::string extension;                  ///< for a copy, with its dot
    std::optional<std::string> media_type;  ///< for its row; nothing: the one that its extension implies
    std::optional<std::string> file;        ///< for its row, if it lies in place
};

/// The folders of videos, as a command that changes the catalogue sees them.
class Library {
public:
    explicit Library(const std::vector<std::filesystem::path>& folders);

    /// Looks at a source; `media_type` is what its adder says of it. Returns nothing for one that was found in a folder
    /// and is no media. Throws posix::FailureError if it cannot be added.
    std::optional<Look> look_at(const Source& source, const std::optional<std::string>& media_type);

    /// Returns the path of a new file with that name: in the first folder with room, or, for a hard link, on the device
    /// of its source. Throws posix::FailureError if none of several has room, or another has that name.
    std::filesystem::path place_for(const Source& source, const Look& look, const std::string& name,
                                    bool is_link) const;

    /// Returns the file that a name stands for; nothing if it cannot be opened, and would not be served.
    std::optional<posix::FileId> file_of(const std::string& name);

    /// Returns the path by which a name leads to its file, or to a link to it; nothing if it cannot be opened.
    std::optional<std::filesystem::path> name_in_place(const std::string& name);

private:
    void refuse_if_it_leaves(const std::filesystem::path& source);
    std::string place_of(const media::MediaFile& file, const std::filesystem::path& path) const;

    const std::vector<std::filesystem::path> folders_;  ///< absolute
    media::MediaFolders videos_;
};

}  // namespace reelgate::commands
