// Owns adding films to the catalogue.
// SPDX-License-Identifier: MIT
#include "commands/adding.h"

#include <unistd.h>

#include <utility>

#include "catalog/row.h"
#include "commands/new_ids.h"
#include "posix/failure.h"

namespace reelgate::commands {

namespace {

namespace fs = std::filesystem;

/// Returns the name of a video's file below the folders; `file` is what its row has.
std::string name_of_file(const std::string& id, const std::optional<std::string>& file, unsigned id_segments) {
    return file ? *file : catalog::default_file_name(id, id_segments);
}

}  // namespace

Adding::Adding(const Places& places, AddOptions options)
    : places_(places), options_(std::move(options)), catalog_(places.database), library_(places.videos) {
    catalog_.check();
    files_ = catalog_.files();
    for (const auto& [id, file] : files_) ids_.emplace(name_of_file(id, file, places.id_segments), id);
}

std::string Adding::id_for(const Source& source, const Look& look) const {
    if (options_.id) return *options_.id;
    std::string id = id_from_name(name_without(source.path, look.extension));
    if (id.empty()) posix::fail("id-of-file", source.path.native());
    // Films in place can have one name in several folders. Where a file is copied, it may be the same once more.
    if (look.file && !options_.replaces) id = free_id(std::move(id), files_);
    return id;
}

catalog::NewVideo Adding::video_for(const Source& source, const Look& look, std::string id) const {
    catalog::NewVideo video{.id = std::move(id), .status = places_.ready, .title = options_.title,
                            .media_type = look.media_type};
    const std::string name = name_without(source.path, look.extension);
    // What the id cannot say, the title does.
    if (!video.title && !options_.id && id_from_name(name) != name && catalog_.has_own_columns()) video.title = name;
    const std::string file = look.file.value_or(video.id + look.extension);
    if (catalog_.has_own_columns() || file != catalog::default_file_name(video.id, places_.id_segments))
        video.file = file;
    catalog_.check_columns(video);
    return video;
}

/// Returns whether a file is recorded already. Throws if it was named.
bool Adding::is_known(const Source& source, const Look& look) {
    const auto recorded = look.file ? ids_.find(*look.file) : ids_.end();
    const bool is_known = recorded != ids_.end() || seen_.contains(look.id);
    // Looked at anew: it may be of another kind than its name says.
    if (is_known && options_.replaces && recorded != ids_.end() && options_.id == recorded->second) return false;
    if (is_known && source.is_named && recorded != ids_.end())
        posix::fail("add-known", source.path.native(), recorded->second);
    if (is_known) ++known_;
    return is_known;
}

void Adding::add(const Source& source, const media::Progress& progress) {
    const auto look = library_.look_at(source, options_.media_type);
    if (!look) ++no_media_;
    if (!look || is_known(source, *look)) return;
    catalog::NewVideo video = video_for(source, *look, id_for(source, *look));
    const bool is_there = files_.contains(video.id);
    if (is_there && !options_.replaces)
        posix::fail("add-recorded", video.id, catalog_.status_of(video.id).value_or(""));
    if (is_there)
        replace(std::move(video), source, *look, progress);
    else if (look->file)
        record_in_place(video, *look);
    else
        copy(std::move(video), source, *look, progress);
    seen_.insert(look->id);
}

void Adding::note(const catalog::NewVideo& video) {
    files_[video.id] = video.file;
    ids_[name_of_file(video.id, video.file, places_.id_segments)] = video.id;
}

void Adding::tell(std::string& text, const std::string& id, const Look& look, std::string_view how) const {
    text.append(id).append(": ").append(std::to_string(look.length)).append(" bytes: ").append(places_.prefix);
    text.append(id).append(how.empty() ? "" : ": ").append(how).append("\n");
}

void Adding::record_in_place(const catalog::NewVideo& video, const Look& look) {
    if (waiting_ == 0) catalog_.begin();
    ++waiting_;
    catalog_.insert(video);
    note(video);
    tell(waiting_text_, video.id, look, "in place");
}

void Adding::commit() {
    if (waiting_ == 0) return;
    catalog_.commit();
    waiting_ = 0;
    text_ += std::exchange(waiting_text_, {});
}

/// Links or copies the source. Returns what to say of it.
std::string Adding::fill(media::MediaWriter& file, const Source& source, const media::Progress& progress) const {
    if (options_.links && file.link_from(source.path)) return "linked";
    file.copy_from(source.path, progress);
    return options_.links ? "copied, since it cannot be linked" : "";
}

void Adding::copy(catalog::NewVideo video, const Source& source, const Look& look, const media::Progress& progress) {
    commit();
    media::MediaWriter file{
        library_.place_for(source, look.length, name_of_file(video.id, video.file, places_.id_segments),
                           options_.links)};
    // Again, now that no other `add` can record it: the leftovers of a killed one may be a video by now.
    if (const auto status = catalog_.status_of(video.id)) posix::fail("add-recorded", video.id, *status);
    file.begin();
    const std::string how = fill(file, source, progress);
    // The row becomes visible last, so that every row has its whole file. In this order a catalogue that cannot be
    // written leaves no file behind, either.
    catalog_.begin();
    catalog_.insert(video);
    file.publish();
    catalog_.commit();
    file.keep();
    note(video);
    tell(text_, video.id, look, how);
}

/// Puts a new cut under an id. One that lies in place is recorded, and the old file stays. Another takes the place of
/// the old file, by a rename if it has the same extension: transfers under way go on with the old one.
void Adding::replace(catalog::NewVideo video, const Source& source, const Look& look, const media::Progress& progress) {
    commit();
    const auto old = library_.path_of(name_of_file(video.id, files_[video.id], places_.id_segments));
    if (look.file) {
        catalog_.begin();
        catalog_.replace(video);
        catalog_.commit();
        note(video);
        return tell(text_, video.id, look, "in place; " + (old ? old->native() : "the old file") + " stays");
    }
    const bool has_its_name = old && old->extension() == look.extension;
    if (has_its_name) video.file = files_[video.id];
    const std::string name = name_of_file(video.id, video.file, places_.id_segments);
    media::MediaWriter file{has_its_name ? *old : library_.place_for(source, look.length, name, options_.links),
                            has_its_name ? media::Existing::replace : media::Existing::refuse};
    file.begin();
    const std::string how = fill(file, source, progress);
    catalog_.begin();
    catalog_.replace(video);
    file.publish();
    catalog_.commit();
    file.keep();
    if (old && !has_its_name) {
        ids_.erase(name_of_file(video.id, files_[video.id], places_.id_segments));
        if (unlink(old->c_str()) != 0) posix::throw_errno("remove-file", old->native());
    }
    note(video);
    tell(text_, video.id, look, how.empty() ? "replaced" : "replaced, " + how);
}

}  // namespace reelgate::commands
