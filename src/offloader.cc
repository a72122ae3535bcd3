// Owns the delivery of a film by the web server: the field that names its file.
// SPDX-License-Identifier: MIT
#include "offloader.h"

#include <string>
#include <system_error>
#include <utility>

namespace reelgate {

namespace {

Note note_of_long_field(const std::string& id, const http::OffloadField& field) {
    return {Note::Kind::path, posix::failure_of("path-too-long", id, messages::Number{field.value.size()}, field.name)};
}

}  // namespace

Offloader::Offloader(Delivery delivery, std::vector<std::filesystem::path> videos)
    : delivery_(std::move(delivery)), videos_(std::move(videos)), folders_for_web_server_(videos_.size()) {}

/// Returns a folder of videos for X-Sendfile, unchanged if possible: web servers compare x-sendfile-docroot and
/// XSendFilePath with it letter by letter. Found once a film is open: resolving links asks the storage, which has just
/// answered.
const std::filesystem::path& Offloader::folder_for_web_server(std::size_t folder) {
    std::filesystem::path& known = folders_for_web_server_[folder];
    if (known.empty()) {
        std::error_code error;
        auto path = std::filesystem::absolute(videos_[folder], error);
        if (!error && path.lexically_normal().native() != path.native())
            path = std::filesystem::weakly_canonical(path, error);
        if (error) posix::throw_error(error.value(), "open-folder", videos_[folder].native());
        known = std::move(path);
    }
    return known;
}

/// Returns the field, however long it is.
std::optional<http::OffloadField> Offloader::any_field_for(const Film& film,
                                                           const http::Representation& representation) {
    const media::MediaFile& file = film.file;
    const std::string& name = file.name_or(film.name);
    switch (delivery_.offload) {
        case Offload::none: break;
        case Offload::x_sendfile: return http::x_sendfile((folder_for_web_server(file.folder) / name).native());
        case Offload::x_accel_redirect:
            // nginx makes its own tag and date, from the file that it opens.
            if (representation.entity_tag != http::default_entity_tag(file.last_modified, file.complete_length) ||
                representation.last_modified != file.last_modified)
                break;
            if (file.folder >= delivery_.offload_prefixes.size()) break;
            return http::x_accel_redirect(delivery_.offload_prefixes[file.folder], name);
    }
    return std::nullopt;
}

std::optional<http::OffloadField> Offloader::field_for(const Film& film, const http::Representation& representation,
                                                       std::vector<Note>& notes) {
    auto field = any_field_for(film, representation);
    if (!field || field->value.size() <= max_field_text) return field;
    notes.push_back(note_of_long_field(film.id, *field));
    return std::nullopt;
}

}  // namespace reelgate
