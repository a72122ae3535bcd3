// Owns the name that a film has while it is being added.
// Does not touch files.
// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace reelgate::media {

inline constexpr std::string_view adding_extension = ".adding";

/// Returns the temporary name of a file, which it has until it is recorded.
inline std::string adding_name(std::string_view name) {
    return std::string{"."}.append(name).append(adding_extension);
}

/// Returns the temporary path of a file.
inline std::filesystem::path adding_path(const std::filesystem::path& path) {
    return path.parent_path() / adding_name(path.filename().native());
}

/// Returns the path that a file with a temporary one will have; nothing if that is none.
inline std::optional<std::string> added_path(const std::filesystem::path& adding) {
    const std::string name = adding.filename();
    const bool is_one = name.size() > 1 + adding_extension.size() && name.starts_with('.') &&
                        name.ends_with(adding_extension);
    if (!is_one) return std::nullopt;
    return (adding.parent_path() / name.substr(1, name.size() - 1 - adding_extension.size())).native();
}

}  // namespace reelgate::media
