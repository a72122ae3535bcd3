// Owns the delivery of a film by the web server: the field that names its file.
// Does not decide which requests are answered so: the plan does.
// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "description.h"
#include "handler_settings.h"
#include "http/offload.h"

namespace reelgate {

/// For one thread.
class Offloader {
public:
    /// Takes the folders of videos.
    Offloader(Delivery delivery, std::vector<std::filesystem::path> videos);

    /// Returns the field that makes the web server send the file of `film`. Returns nothing if offloading is off, or
    /// the web server would answer differently, or the field would be too long for it: that adds a note.
    std::optional<http::OffloadField> field_for(const Film& film, const http::Representation& representation,
                                                std::vector<Note>& notes);

private:
    std::optional<http::OffloadField> any_field_for(const Film& film, const http::Representation& representation);
    const std::filesystem::path& folder_for_web_server(std::size_t folder);

    const Delivery delivery_;
    const std::vector<std::filesystem::path> videos_;
    std::vector<std::filesystem::path> folders_for_web_server_;  ///< each empty until a film of it is offloaded
};

}  // namespace reelgate
