// Owns which videos a catalogue has, and which files are theirs.
// SPDX-License-Identifier: MIT
#include "commands/known_films.h"

#include <algorithm>
#include <utility>

#include "catalog/row.h"

namespace reelgate::commands {

KnownFilms::KnownFilms(catalog::Writer& catalog, Library& library, unsigned id_segments)
    : library_(library), id_segments_(id_segments), files_(catalog.files()) {
    for (const auto& [id, file] : files_) before_.insert(id);
}

std::string KnownFilms::name_of(const std::string& id) const {
    const auto found = files_.find(id);
    if (found != files_.end() && found->second) return *found->second;
    return catalog::default_file_name(id, id_segments_);
}

std::optional<std::string> KnownFilms::with_name(const std::string& name, const std::string& except) const {
    const auto is_it = [&](const auto& video) { return video.first != except && name_of(video.first) == name; };
    const auto found = std::find_if(files_.begin(), files_.end(), is_it);
    return found == files_.end() ? std::nullopt : std::optional{found->first};
}

void KnownFilms::find_files() {
    if (std::exchange(are_files_found_, true)) return;
    for (const auto& [id, file] : files_)
        if (const auto found = library_.file_of(name_of(id))) set_file(id, *found);
}

void KnownFilms::set_file(const std::string& id, const posix::FileId& file) {
    ids_[file].insert(id);
    file_ids_[id] = file;
}

std::optional<std::string> KnownFilms::with_file(const posix::FileId& file, const std::string& except) {
    find_files();
    const auto found = ids_.find(file);
    if (found == ids_.end()) return std::nullopt;
    const auto other = std::find_if(found->second.begin(), found->second.end(),
                                    [&](const std::string& id) { return id != except; });
    return other == found->second.end() ? std::nullopt : std::optional{*other};
}

void KnownFilms::note(const catalog::NewVideo& video, const posix::FileId& file) {
    forget(video.id);
    files_[video.id] = video.file;
    set_file(video.id, file);
}

void KnownFilms::forget(const std::string& id) {
    files_.erase(id);
    const auto file = file_ids_.find(id);
    if (file == file_ids_.end()) return;
    ids_[file->second].erase(id);
    file_ids_.erase(file);
}

}  // namespace reelgate::commands
