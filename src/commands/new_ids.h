// Owns the ids of films that are added without one: made from the names of their files.
// Does not record them.
// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

namespace reelgate::commands {

/// Returns the name of a file without its extension, if that is `extension`, without regard to case, or one of any
/// kind of media: it may be the wrong one. The whole name otherwise.
std::string name_without(const std::filesystem::path& path, const std::string& extension);

/// Returns the id for a file's name: what an id cannot have becomes "-", once for several in a row, and none at the
/// ends. Empty if nothing is left.
std::string id_from_name(const std::string& name);

/// Returns `id`, or with "-2", "-3" and so on after it, so that it is not among `taken`.
std::string free_id(std::string id, const std::map<std::string, std::optional<std::string>>& taken);

}  // namespace reelgate::commands
