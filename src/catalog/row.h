// Owns the result columns of the query.
// Does not read them.
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace reelgate::catalog {

/// Extension after the id, in the default name of a file.
inline constexpr std::string_view default_extension = ".mp4";

/// Returns the file name, below the folder of videos, of a video whose row names none.
inline std::string default_file_name(std::string_view id) { return std::string{id}.append(default_extension); }

/// The catalogue's row of one video. A value is absent if the query has no such column, or the row has NULL or an empty
/// text in it: applications write either.
struct Row {
    std::optional<std::string> status;
    std::optional<std::string> file;        ///< path below the folder of videos
    std::optional<std::string> media_type;  ///< not checked
    std::optional<std::string> etag;        ///< not checked

    /// Returns the path of the file below the folder of videos; `id` is that of the row.
    std::string file_name(std::string_view id) const { return file ? *file : default_file_name(id); }
};

/// A result column, by its name.
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
