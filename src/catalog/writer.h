// Owns the writing of the catalogue: creation, and new rows in the shipped schema.
// Does not serve viewers: reader.h does.
// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "catalog/error.h"
#include "catalog/sqlite.h"

namespace reelgate::catalog {

/// Records new videos in a catalogue of the shipped schema.
class Writer {
public:
    /// Opens an existing catalogue. Throws CatalogError.
    explicit Writer(std::filesystem::path database);

    /// Returns the status of a recorded video, ready or not; nothing if it is not recorded.
    std::optional<std::string> status_of(std::string_view id);

    /// Checks whether a video could be recorded now, before gigabytes are copied. Does not wait long for a lock. Throws
    /// CatalogError.
    void check();

    /// Begins to record a video: no other writer can take its id from now on. Readers see the row after commit();
    /// without that, nothing is recorded.
    void insert(std::string_view id, std::string_view status);

    void commit();

private:
    sqlite::Statement prepare(const char* sql);
    void execute(const char* sql);
    [[noreturn]] void fail(std::string operation, sqlite::Result result);

    const std::filesystem::path database_;
    sqlite::Connection connection_;
};

/// Creates the catalogue with the shipped schema, in WAL mode. Leaves an existing one as it is. Throws CatalogError,
/// also if an existing file is not such a catalogue.
void create(const std::filesystem::path& database);

}  // namespace reelgate::catalog
