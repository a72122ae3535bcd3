// Owns the two looks of an audit: reads catalogue and files, the same way as requests do.
// SPDX-License-Identifier: MIT
#include "audit/looks.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "audit/rights.h"
#include "audit/strays.h"
#include "catalog/list.h"
#include "http/ascii.h"
#include "media/adding.h"
#include "http/media_type.h"
#include "http/target.h"

namespace reelgate::audit {

namespace {

/// Returns the row as evidence; its file has the form of a listing.
SeenRow seen(const std::string& id, const catalog::Row& row, const Subject& subject) {
    const std::filesystem::path file = row.file_name(id, subject.id_segments);
    return {file.lexically_normal().native(), row.status == subject.ready};
}

SeenFile seen(const struct stat& status) {
    return {posix::file_id_of(status), static_cast<std::uint64_t>(status.st_size), status.st_mtim};
}

/// Returns whether the row, or else the file's name, gives a video a type that has boxes.
bool is_mp4(const catalog::Row& row, const std::filesystem::path& file) {
    std::string type = row.media_type.value_or(std::string{http::media_type_for(file.extension().native())});
    type.resize(std::min(type.size(), type.find_first_of("; \t")));
    std::transform(type.begin(), type.end(), type.begin(), http::to_lower);
    constexpr std::array<std::string_view, 4> types{"video/mp4", "audio/mp4", "video/quicktime", "video/x-m4v"};
    return std::find(types.begin(), types.end(), type) != types.end();
}

std::vector<std::string> sorted_ids(const Subject& subject) {
    std::vector<std::string> ids = catalog::list_ids(subject.database, subject.list);
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    return ids;
}

}  // namespace

Looks::Looks(Subject subject, Progress progress)
    : subject_(std::move(subject)), progress_(std::move(progress)), catalog_(subject_.database, subject_.query),
      videos_(subject_.videos) {
    const auto show = [&](std::size_t count) { progress_("listing files", listing_.files.size() + count, 0); };
    for (const std::filesystem::path& folder : subject_.videos) {
        media::Listing below = media::list_files(folder, show);
        for (const std::string& name : below.files) listing_.files.push_back(path_below(folder, name));
        std::move(below.unknown.begin(), below.unknown.end(), std::back_inserter(listing_.unknown));
    }
}

std::optional<SeenRow> Looks::find(const std::string& id) {
    const auto row = catalog_.find(id);
    return row ? std::optional{seen(id, *row, subject_)} : std::nullopt;
}

Opening Looks::open_film(const std::string& file, bool is_mp4, Rights& rights) {
    std::string path = path_below(subject_.videos.front(), file);
    try {
        auto opened = videos_.open(file);
        if (auto* none = std::get_if<media::NoMediaFile>(&opened)) {
            if (none->reason == media::NoMediaFile::Reason::unreadable && lacks(rights, path, R_OK))
                return WithoutRight{};
            return std::move(*none);
        }
        const auto& media_file = std::get<media::MediaFile>(opened);
        path = path_below(subject_.videos[media_file.folder], media_file.name_or(file));
        const int fd = media_file.fd->get();
        struct stat status;
        if (fstat(fd, &status) != 0) posix::throw_errno("stat-file", path);
        OpenFilm film{path, seen(status), std::time(nullptr) - status.st_mtim.tv_sec, std::nullopt,
                      std::nullopt};
        if (is_mp4 && film.file.length > 0) film.survey = media::survey_boxes(fd, film.file.length);
        film.kind = media::kind_of(fd);
        return film;
    } catch (const posix::FailureError& error) {
        return posix::Failure{{}, path, error.what(), {}, error.failure().error};
    }
}

/// Returns whether what a row names is a folder, where that may hold files with ids of their own.
bool Looks::is_folder_of_segments(const std::string& file) const {
    return subject_.id_segments > 1 &&
           std::any_of(subject_.videos.begin(), subject_.videos.end(), [&](const std::filesystem::path& folder) {
               struct stat status;
               return stat(path_below(folder, file).c_str(), &status) == 0 && S_ISDIR(status.st_mode);
           });
}

/// Returns whether the query finds a file by its own path, as it does if the row of a folder stands for all of it.
bool Looks::is_found_by_path(const std::string& path) {
    if (subject_.id_segments < 2) return false;
    return std::any_of(subject_.videos.begin(), subject_.videos.end(), [&](const std::filesystem::path& folder) {
        const std::string before = path_below(folder, "");
        if (!path.starts_with(before)) return false;
        const std::string id = path.substr(before.size());
        if (!http::is_video_id(id, subject_.id_segments)) return false;
        const auto row = find(id);
        return row && row->file == id;
    });
}

void Looks::look_at_row(const std::string& id, FirstLook& first, Rights& rights) {
    const auto row = catalog_.find(id);
    auto& place = first.rows[id];
    if (!row) return;
    place = seen(id, *row, subject_);
    // Several rows may share a file.
    if (!is_streamed(id, subject_.id_segments, place) || first.films.contains(place->file)) return;
    if (!is_folder_of_segments(place->file))
        first.films[place->file] = {id, open_film(place->file, is_mp4(*row, place->file), rights)};
}

void Looks::look(FirstLook& first, Rights& rights) {
    first.videos = subject_.videos;
    first.working_folder = std::filesystem::current_path();
    first.ready = subject_.ready;
    first.id_segments = subject_.id_segments;
    first.options = subject_.options;
    catalog_.check();
    videos_.check();
    // Commands cannot change the table of another application.
    if (!catalog::has_our_columns(subject_.database)) first.options.reset();
    first.files = listing_.files;
    first.unlisted = listing_.unknown;
    first.ids = sorted_ids(subject_);
    for (std::size_t i = 0; i < first.ids.size(); ++i) {
        progress_("rows and files", i, first.ids.size());
        look_at_row(first.ids[i], first, rights);
    }
}

void Looks::look_at_films_again(const FirstLook& first, SecondLook& second) {
    std::size_t count = 0;
    for (const auto& [file, film] : first.films) {
        progress_("looking again", count++, first.films.size());
        const auto* const open = std::get_if<OpenFilm>(&film.opening);
        if (!open) continue;
        struct stat status;
        const bool is_there = stat(open->path.c_str(), &status) == 0;
        second.films[open->path] = is_there ? std::optional{seen(status)} : std::nullopt;
    }
}

void Looks::look_for_missing_again(const FirstLook& first, SecondLook& second) {
    const auto is_absent = [](const media::NoMediaFile* none) {
        return none && none->reason == media::NoMediaFile::Reason::absent;
    };
    for (const auto& [file, film] : first.films) {
        if (!is_absent(std::get_if<media::NoMediaFile>(&film.opening))) continue;
        second.rows[film.id] = find(film.id);
        const auto opened = videos_.open(file);
        if (is_absent(std::get_if<media::NoMediaFile>(&opened))) second.absent.insert(file);
    }
}

/// Reads the rows that were added during the audit: they have files, too. And those that were not found, unless they
/// are no longer listed.
void Looks::look_for_new_rows(const FirstLook& first, SecondLook& second) {
    for (const std::string& id : sorted_ids(subject_)) {
        const auto before = first.rows.find(id);
        if (before == first.rows.end() || !before->second) second.rows[id] = find(id);
    }
}

/// Returns whether a name below a folder of videos, or a folder on the way to it, is hidden.
bool Looks::is_hidden(const std::string& path) const {
    const auto is_dotted = [](const std::filesystem::path& part) { return part.native().starts_with('.'); };
    for (const std::filesystem::path& folder : subject_.videos) {
        const std::filesystem::path below = std::filesystem::path{path}.lexically_relative(folder.lexically_normal());
        if (below.empty() || *below.begin() == "..") continue;
        return std::any_of(below.begin(), below.end(), is_dotted) && !media::added_path(path);
    }
    return false;
}

/// Returns why a path leads out of the folders; nothing if it does not.
std::optional<posix::Failure> Looks::why_outside(const std::string& path) {
    try {
        const media::Opened opened = videos_.open(std::filesystem::absolute(path));
        const auto* const none = std::get_if<media::NoMediaFile>(&opened);
        if (none && none->reason == media::NoMediaFile::Reason::outside) return none->failure;
    } catch (const posix::FailureError&) {
        // A file without a row that cannot be looked at is still one without a row.
    }
    return std::nullopt;
}

void Looks::look_at_strays(const FirstLook& first, SecondLook& second) {
    const auto named = named_files(first, second);
    for (const std::string& path : first.files) {
        if (named.contains(path) || is_found_by_path(path)) continue;
        auto stray = stray_at(path);
        if (!stray) continue;
        stray->outside = why_outside(path);
        if (is_hidden(path) && stray->content == StrayContent::media) stray->content = StrayContent::hidden;
        second.strays[path] = *std::move(stray);
    }
}

void Looks::look_again(const FirstLook& first, SecondLook& second) {
    look_at_films_again(first, second);
    look_for_missing_again(first, second);
    const auto named = named_files(first, second);
    const auto is_named = [&](const std::string& path) { return named.contains(path); };
    const auto is_found = [](const auto& row) { return row.second.has_value(); };
    const bool is_complete = std::all_of(first.files.begin(), first.files.end(), is_named) &&
                             std::all_of(first.rows.begin(), first.rows.end(), is_found);
    // Most catalogues are complete, and need no second list.
    if (is_complete) return;
    look_for_new_rows(first, second);
    look_at_strays(first, second);
}

}  // namespace reelgate::audit
