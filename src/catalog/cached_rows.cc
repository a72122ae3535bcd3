// Owns a table of rows by id, of a fixed size: what it has no room for, it forgets.
// SPDX-License-Identifier: MIT
#include "catalog/cached_rows.h"

#include <algorithm>
#include <functional>
#include <string>

namespace reelgate::catalog {

namespace {

std::size_t length_of(std::string_view id, const std::optional<Row>& row) {
    std::size_t length = id.size();
    if (!row) return length;
    for (const Column& column : columns)
        if (column.value && (*row).*column.value) length += ((*row).*column.value)->size();
    return length;
}

}  // namespace

std::size_t CachedRows::first_place_of(std::string_view id) const {
    return std::hash<std::string_view>{}(id) % (capacity / places_per_id) * places_per_id;
}

std::optional<std::optional<Row>> CachedRows::find(std::string_view id) const {
    if (places_.empty()) return std::nullopt;
    const auto first = places_.begin() + first_place_of(id);
    const auto place = std::find_if(first, first + places_per_id, [&](const Place& place) {
        return place.generation == generation_ && std::string_view{place.text.data(), place.id_length} == id;
    });
    if (place == first + places_per_id) return std::nullopt;
    std::optional<std::optional<Row>> found{std::in_place};
    if (!place->has_row) return found;
    Row& row = found->emplace();
    row.permission = place->permission;
    const char* text = place->text.data() + place->id_length;
    for (std::size_t c = 0; c < columns.size(); ++c) {
        if (place->lengths[c] == absent) continue;
        (row.*columns[c].value).emplace(text, place->lengths[c]);
        text += place->lengths[c];
    }
    return found;
}

/// Returns a place that is free; else one after the other.
CachedRows::Place& CachedRows::place_for(std::string_view id) {
    const auto first = places_.begin() + first_place_of(id);
    const auto free = std::find_if(first, first + places_per_id,
                                   [&](const Place& place) { return place.generation != generation_; });
    return free != first + places_per_id ? *free : first[next_victim_++ % places_per_id];
}

void CachedRows::keep(std::string_view id, const std::optional<Row>& row) {
    if (length_of(id, row) > max_text || (row && row->permission == Permission::invalid)) return;
    if (places_.empty()) places_.resize(capacity);
    Place& place = place_for(id);
    place.generation = generation_;
    place.id_length = static_cast<std::uint8_t>(id.size());
    place.has_row = row.has_value();
    place.permission = row ? row->permission : Permission::unasked;
    char* text = std::copy(id.begin(), id.end(), place.text.data());
    for (std::size_t c = 0; c < columns.size(); ++c) {
        const auto* const value = row && columns[c].value ? &((*row).*columns[c].value) : nullptr;
        place.lengths[c] = value && *value ? static_cast<std::uint8_t>((*value)->size()) : absent;
        if (value && *value) text = std::copy((*value)->begin(), (*value)->end(), text);
    }
}

}  // namespace reelgate::catalog
