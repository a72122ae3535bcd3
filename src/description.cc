// Owns the description of a film: from its file and its row of the catalogue to what conditionals, ranges and fields
// say of it.
// SPDX-License-Identifier: MIT
#include "description.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>

#include "http/disposition.h"
#include "http/media_type.h"
#include "http/target.h"

namespace reelgate {

namespace {

/// Bytes that a note has of a text that is too long to be sent.
constexpr std::size_t max_shown = 60;

/// Describes a text in the catalogue that cannot be sent.
posix::Failure ignored(std::string_view column, const std::string& id, const std::string& text) {
    if (text.size() <= max_field_text) return posix::failure_of("value-ignored", column, id, text);
    return posix::failure_of("value-too-long", column, id, text.substr(0, max_shown), messages::Number{text.size()});
}

/// Returns a text of the film's row that is to be sent; null if it has none that can be.
const std::string* sendable(const Film& film, std::optional<std::string> catalog::Row::*value,
                            std::vector<Note>& notes) {
    const std::optional<std::string>& text = film.row.*value;
    if (!text) return nullptr;
    const std::size_t index = catalog::index_of(value);
    const catalog::Column& column = catalog::columns[index];
    if (text->size() <= max_field_text && column.can_be_sent(*text)) return &*text;
    notes.push_back({Note::Kind::value, ignored(column.name, film.id, *text), index});
    return nullptr;
}

/// Returns the catalogue's tag; nothing if it has none that can be sent.
std::optional<http::EntityTag> catalog_tag_of(const Film& film, std::vector<Note>& notes) {
    const std::string* const text = sendable(film, &catalog::Row::etag, notes);
    return text ? http::strong_tag_of(*text) : std::nullopt;
}

/// Returns the catalogue's media type, or the one that the file's name implies.
std::string media_type_of(const Film& film, std::vector<Note>& notes) {
    if (const std::string* const type = sendable(film, &catalog::Row::media_type, notes)) return *type;
    return std::string{http::media_type_for(std::filesystem::path{film.name}.extension().native())};
}

/// Returns the name for a saved copy: the title, or the last segment of the id, with the extension of the file once.
std::string download_name_of(const Film& film, std::vector<Note>& notes) {
    const std::string* const title = sendable(film, &catalog::Row::title, notes);
    const std::string own_extension = std::filesystem::path{film.name}.extension();
    const std::string extension = http::is_video_id(own_extension) ? own_extension : "";
    if (title) return http::file_name_of(*title, extension);
    const std::string_view last = http::last_segment(film.id);
    return std::string{last}.append(last.ends_with(extension) ? "" : extension);
}

}  // namespace

Description describe(const Film& film, http::Time now, std::vector<Note>& notes) {
    const media::MediaFile& file = film.file;
    auto catalog_tag = catalog_tag_of(film, notes);
    const bool has_catalog_tag = catalog_tag.has_value();
    return {
        .representation = {
            .complete_length = file.complete_length,
            .entity_tag = has_catalog_tag ? std::move(*catalog_tag)
                                          : http::default_entity_tag(file.last_modified, file.complete_length),
            // "An origin server with a clock MUST NOT generate a Last-Modified date that is later than the server's
            // time of message origination" (RFC 9110 §8.8.2.1). The tag keeps the file's own date.
            .last_modified = std::min(file.last_modified, now),
            .media_type = media_type_of(film, notes),
            .download_name = download_name_of(film, notes),
        },
        .has_catalog_tag = has_catalog_tag,
    };
}

}  // namespace reelgate
