// Owns the questions of the audit about a whole catalogue.
// Does not look a single video up: reader.h does.
// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace reelgate::catalog {

/// Returns the ids of all videos: the rows of `list`, a statement with one result column and no parameter. Reads all of
/// them before it returns, so that a writer's checkpoint does not wait for the caller. Throws CatalogError.
std::vector<std::string> list_ids(const std::filesystem::path& database, const std::string& list);

/// Returns whether the catalogue has the columns that a Writer needs. Returns false also if it cannot be read.
bool has_our_columns(const std::filesystem::path& database);

/// Returns whether the catalogue is in WAL mode, in which readers write to its folder. Returns false also if the
/// catalogue cannot be read.
bool uses_wal(const std::filesystem::path& database);

}  // namespace reelgate::catalog
