// Owns how a catalogue that reelgate has made is told from any other database, and the default query of either.
// Does not make one: writer.h does, from conf/schema.sql.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string_view>

namespace reelgate::catalog {

/// SQLite's application_id of a catalogue of ours: "reel". In any other database a column that is called `file` or
/// `title` belongs to its application, and must never be taken for ours.
inline constexpr std::int64_t own_application_id = 0x7265656c;

/// The default query of a catalogue of ours.
inline constexpr std::string_view own_query = "SELECT status, file, title, media_type, etag FROM videos WHERE id = ?1";

/// The default query of any other database, and of a catalogue that version 0.1 has made.
inline constexpr std::string_view plain_query = "SELECT status FROM videos WHERE id = ?1";

/// Cannot be prepared unless the table has the columns that version 0.1 made, which a Writer needs.
inline constexpr const char* columns_of_0_1 = "SELECT id, status, added_at FROM videos LIMIT 0";

}  // namespace reelgate::catalog
