// Owns the explanation of SQLite's failures: the obstacle, who owns it, and the command that helps.
// Does not change anything, and opens no file of the database: closing it would release the locks that this process has
// on it.
// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "catalog/sqlite.h"
#include "posix/failure.h"

namespace reelgate::catalog {

/// Explains a failed operation on a database. `connection` is the one that failed; it may be closed.
posix::Failure diagnose(std::string operation, const std::filesystem::path& database,
                        const sqlite::Connection& connection, sqlite::Result result, sqlite::Access access);

/// Returns a warning of later failures: a catalogue on a network file system. Nothing if it is not on one.
std::optional<posix::Failure> network_warning(const std::filesystem::path& database);

}  // namespace reelgate::catalog
