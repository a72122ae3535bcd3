// Owns the writing of the catalogue: a new one, and new rows in one of the shipped schema.
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

    /// Finds the status of a recorded video, whatever it is.
    std::optional<std::string> status_of(std::string_view id);

    /// Finds out whether anything could be recorded now: before gigabytes are copied for it. Does not wait long for a
    /// lock.
    void check();

    /// Begins to record a video: from here on no other writer can take its id. Nobody sees it until commit();
    /// without that nothing has happened.
    void insert(std::string_view id, std::string_view status);

    void commit();

private:
    sqlite::Statement prepare(const char* sql);
    void execute(const char* sql);
    [[noreturn]] void fail(std::string operation, sqlite::Result result);

    const std::filesystem::path database_;
    sqlite::Connection connection_;
};

/// Creates the catalogue with the shipped schema, in WAL mode; one that is there already is left as it is. Throws
/// CatalogError, also when what is there is no such catalogue.
void create(const std::filesystem::path& database);

}  // namespace reelgate::catalog
