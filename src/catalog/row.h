// Owns the result columns of the query: what each is called, what it means, and which values can be used.
// Does not read them.
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "catalog/permission.h"
#include "http/disposition.h"
#include "http/entity_tag.h"
#include "http/media_type.h"

namespace reelgate::catalog {

/// Extension after the id, in the default name of a file.
inline constexpr std::string_view default_extension = ".mp4";

/// Returns the file name, below the folder of videos, of a video whose row names none. Where an id may have several
/// segments, it is a path with an extension already.
inline std::string default_file_name(std::string_view id, unsigned id_segments = 1) {
    return std::string{id}.append(id_segments > 1 ? "" : default_extension);
}

/// The catalogue's row of one video. A value is absent if the query has no such column, or the row has NULL or an empty
/// text in it: applications write either.
struct Row {
    std::optional<std::string> status;
    std::optional<std::string> file;        ///< path below the folder of videos
    std::optional<std::string> title;       ///< not checked: see Column::can_be_sent
    std::optional<std::string> media_type;  ///< likewise
    std::optional<std::string> etag;        ///< likewise
    Permission permission = Permission::unasked;  ///< of the column `allow`
    std::string wrong_allow;                      ///< what that column has, if the permission is invalid

    /// Returns the path of the file below the folder of videos; `id` is that of the row, and may have `id_segments`.
    std::string file_name(std::string_view id, unsigned id_segments = 1) const {
        return file ? *file : default_file_name(id, id_segments);
    }
};

/// A result column. A new one is a row of `columns`, and its use.
struct Column {
    std::string_view name;
    std::optional<std::string> Row::*value;  ///< null: it is no text, but Row::permission
    bool is_required = false;
    /// Returns whether a value of a sensible length can be sent in a field. Null: it is not sent.
    bool (*can_be_sent)(std::string_view value) = nullptr;
    std::string_view note = {};  ///< after its name in --help
    std::string_view meaning;    ///< for the manual: what a computer reads or writes is in grave accents
};

/// In the order of the manual.
inline constexpr std::array columns{
    Column{.name = "status", .value = &Row::status, .is_required = true,
           .meaning = "required: the video may be streamed if it equals the value of `ready`, case-sensitively"},
    Column{.name = "file", .value = &Row::file, .note = " (path below VIDEOS)",
           .meaning = "path below the folder of videos, instead of the id followed by `.mp4`, or by nothing with"
                      " `id-segments` above 1"},
    Column{.name = "title", .value = &Row::title, .can_be_sent = http::is_title,
           .meaning = "for the name of a download (`?download=1`), instead of the id: any text in UTF-8 of up to 1,024"
                      " bytes. The extension of the file's name is added"},
    Column{.name = "media_type", .value = &Row::media_type, .can_be_sent = http::is_media_type,
           .meaning = "for `Content-Type`, instead of the one that the extension of the file's name implies, which is"
                      " `application/octet-stream` for an unknown one"},
    Column{.name = "etag", .value = &Row::etag,
           .can_be_sent = [](std::string_view value) { return http::strong_tag_of(value).has_value(); },
           .meaning = "a strong tag, quoted or not, of up to 1,024 bytes, instead of one made of date and length"},
    Column{.name = "allow", .value = nullptr,
           .meaning = "an integer: whether this viewer may watch, see `reelgate-access(7)`"},
};

/// Returns the index in `columns` of the one with that value.
constexpr std::size_t index_of(std::optional<std::string> Row::*value) {
    std::size_t i = 0;
    while (columns[i].value != value) ++i;
    return i;
}

/// For each of `columns`, something about it.
template <typename T>
using PerColumn = std::array<T, columns.size()>;

}  // namespace reelgate::catalog
