// Owns what a request comes to: the response and its file, the use of the catalogue, and what an administrator should
// know.
// Does not log it: answer_log.h does.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "admission.h"
#include "catalog/row.h"
#include "gateway/content.h"
#include "http/response.h"
#include "media/media_file.h"
#include "posix/failure.h"

namespace reelgate {

/// Something that an administrator should know. It becomes text when it is logged.
struct Note {
    /// What it is about. The log has every failure. Notes of the other kinds come with each request for such a video:
    /// it has the first of each kind, and of each column.
    enum class Kind {
        failure,  ///< something has failed, or a video has no file
        path,     ///< that of a file is too long to be sent
        value,    ///< one in the catalogue cannot be sent
    };

    Kind kind = Kind::failure;
    posix::Failure what;
    std::size_t column = 0;  ///< of a value: its index in catalog::columns
};

/// Counts and time of one request's look-ups in the catalogue.
struct CatalogUse {
    unsigned look_ups = 0;
    unsigned errors = 0;
    std::chrono::nanoseconds time{0};
};

/// What a request comes to: everything that the Handler decides.
struct Outcome {
    /// The id of the video's row; if there is none, the one in the target. Absent: the target names none.
    std::optional<std::string> id;
    http::Response response;
    std::optional<Refused> refused;        ///< why the client may not watch
    std::string link_key;                  ///< name of the key of a good link; empty: there was none
    std::optional<media::MediaFile> film;  ///< which the response's ranges refer to
    /// Whether the tag comes from the catalogue, and stays while a recording grows: growth then does not break the
    /// answer off. The file's own tag changes with its length.
    bool may_grow = false;
    CatalogUse catalog_use;
    std::vector<Note> notes;

    /// Returns the content that the response's ranges refer to. Valid while this lives.
    gateway::Content content() const {
        return film ? gateway::Content{film->fd->get(), film->version, may_grow} : gateway::Content{};
    }
};

}  // namespace reelgate
