// Owns the question why SQLite has failed: what is in the way, whose it is, and the command that helps.
// Does not change anything, and opens no file of the database: closing it would give up the locks that this process has
// on it.
// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>

#include "catalog/sqlite.h"
#include "posix/failure.h"

namespace reelgate::catalog {

/// Explains a failed operation on a database. `connection` is the one that it failed on, as far as there was one.
posix::Failure diagnose(std::string operation, const std::filesystem::path& database,
                        const sqlite::Connection& connection, sqlite::Result result, sqlite::Access access);

/// Says what may fail later though all is well now: a catalogue on a network file system. Empty where nothing may.
std::string network_warning(const std::filesystem::path& database);

}  // namespace reelgate::catalog
