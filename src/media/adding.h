// Owns the name that a film has while it is being added.
// Does not touch files.
// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace reelgate::media {

inline constexpr std::string_view adding_extension = ".adding";

/// Returns the temporary name of a file, which it has until it is recorded.
inline std::string adding_name(std::string_view name) {
    return std::string{"."}.append(name).append(adding_extension);
}

/// Returns the name that a file with a temporary name will have; nothing if that is none.
inline std::optional<std::string> added_name(std::string_view adding) {
    const bool is_one = adding.size() > 1 + adding_extension.size() && adding.starts_with('.') &&
                        adding.ends_with(adding_extension) && adding.find('/') == std::string_view::npos;
    if (!is_one) return std::nullopt;
    return std::string{adding.substr(1, adding.size() - 1 - adding_extension.size())};
}

}  // namespace reelgate::media
