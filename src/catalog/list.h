// Owns the questions about a whole catalogue that the audit asks.
// Does not look a single video up: reader.h does.
// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace reelgate::catalog {

/// Lists the ids of all videos: the rows of `list`, a statement with one result column and no parameter. All are read
/// before this returns, so that no writer's checkpoint waits for the caller. Throws CatalogError.
std::vector<std::string> list_ids(const std::filesystem::path& database, const std::string& list);

/// Tells whether the catalogue is in WAL mode, in which its readers write the folder that it is in. False as well
/// when it cannot be read.
bool uses_wal(const std::filesystem::path& database);

}  // namespace reelgate::catalog
