// Owns the result columns of the query: what the catalogue says of one video.
// Does not read them.
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace reelgate::catalog {

/// What stands behind the id in the name of a file that no row names.
inline constexpr std::string_view default_extension = ".mp4";

/// Gives the name of the file of a video whose row names none, below the folder of videos.
inline std::string default_file_name(std::string_view id) { return std::string{id}.append(default_extension); }

/// What the catalogue says of one video. A value is absent where the query has no such column, or the row has NULL or
/// nothing in it: applications write either.
struct Row {
    std::optional<std::string> status;
    std::optional<std::string> file;        ///< path below the folder of videos
    std::optional<std::string> media_type;  ///< not checked
    std::optional<std::string> etag;        ///< not checked

    /// Gives the path of the file below the folder of videos, for the video that the row was found by.
    std::string file_name(std::string_view id) const { return file ? *file : default_file_name(id); }
};

/// A result column that counts, by its name.
struct Column {
    std::string_view name;
    std::optional<std::string> Row::*value;
    bool is_required = false;
};

inline constexpr std::array columns{
    Column{"status", &Row::status, true},
    Column{"file", &Row::file},
    Column{"media_type", &Row::media_type},
    Column{"etag", &Row::etag},
};

/// For each of `columns`, something about it.
template <typename T>
using PerColumn = std::array<T, columns.size()>;

}  // namespace reelgate::catalog
