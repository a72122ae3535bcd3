// Owns a table of rows by id, of a fixed size: what it has no room for, it forgets.
// Does not know how long a row is valid: cache.h does.
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "catalog/row.h"

namespace reelgate::catalog {

/// Rows by id, and ids that have none. Takes its memory when the first one is kept; no function allocates later, but
/// for the row that is returned.
class CachedRows {
public:
    /// Rows that it holds at most: a row that is asked for again and again belongs to a film that is being watched.
    static constexpr std::size_t capacity = 256;

    /// Bytes of an id together with the texts of its row. A longer row is not kept, so that all of it takes 64 KiB.
    static constexpr std::size_t max_text = 232;

    /// Returns what was kept for `id`: a row, or that there is none; nothing if nothing was kept.
    std::optional<std::optional<Row>> find(std::string_view id) const;

    /// Keeps `row`, or that there is none; not one whose permission is invalid. Throws std::bad_alloc; the first time
    /// only.
    void keep(std::string_view id, const std::optional<Row>& row);

    /// Forgets all, at no cost.
    void clear() { ++generation_; }

private:
    /// The places that an id may have: with one alone, two films that are watched might take it from each other.
    static constexpr std::size_t places_per_id = 4;

    static constexpr std::uint8_t absent = 0xff;  ///< length of a value that is NULL, and of those without a row
    static_assert(max_text < absent);

    struct Place {
        std::uint64_t generation = 0;  ///< that it is valid in
        std::uint8_t id_length = 0;
        bool has_row = false;
        Permission permission = Permission::unasked;
        PerColumn<std::uint8_t> lengths{};
        std::array<char, max_text> text;  ///< id, and the values in the order of `columns`
    };

    std::size_t first_place_of(std::string_view id) const;
    Place& place_for(std::string_view id);

    std::vector<Place> places_;
    std::uint64_t generation_ = 1;
    std::size_t next_victim_ = 0;
};

}  // namespace reelgate::catalog
