// Owns what is known of a video from its row and its file.
// Does not print it.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "catalog/reader.h"
#include "handler_settings.h"
#include "media/media_folders.h"

namespace reelgate::commands {

/// A video, as far as its row and its file tell.
struct Listed {
    std::string id;
    std::optional<catalog::Row> row;  ///< nothing: the query does not find it
    std::string file;
    std::optional<std::uint64_t> length;  ///< bytes; nothing if it cannot be opened
    std::optional<double> seconds;
    std::string obstacle;  ///< why it cannot be opened
};

/// Looks at videos, one after another.
class Lister {
public:
    explicit Lister(const Places& places);

    /// Looks at a video. A file that cannot be opened is told in the result. Throws catalog::CatalogError.
    Listed look_at(const std::string& id);

private:
    const unsigned id_segments_;
    catalog::Reader reader_;
    media::MediaFolders videos_;
};

/// Formats seconds with one digit behind the point.
std::string text_of(double seconds);

}  // namespace reelgate::commands
