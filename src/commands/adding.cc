// Owns adding films to the catalogue.
// SPDX-License-Identifier: MIT
#include "commands/adding.h"

#include <unistd.h>

#include "catalog/row.h"
#include "commands/new_ids.h"
#include "description.h"

namespace reelgate::commands {

namespace {

namespace fs = std::filesystem;

/// Returns whether a text can be the title of a row.
bool is_title(const std::string& text) {
    const catalog::Column& column = catalog::columns[catalog::index_of(&catalog::Row::title)];
    return text.size() <= max_field_text && column.can_be_sent(text);
}

catalog::Writer& checked(catalog::Writer& catalog) {
    catalog.check();
    return catalog;
}

}  // namespace

Adding::Adding(const Places& places, AddOptions options)
    : places_(places), options_(std::move(options)), catalog_(places.database), library_(places.videos),
      films_(checked(catalog_), library_, places.id_segments) {
    if (options_.title && !is_title(*options_.title)) posix::fail("title-form");
}

std::string Adding::id_for(const Source& source, const Look& look) const {
    if (options_.id) return *options_.id;
    std::string id = id_from_name(name_without(source.path, look.extension));
    if (id.empty()) posix::fail("id-of-file", source.path.native());
    // Films in place can have one name in several folders. Where a file is copied, it may be the same once more.
    const bool replaces = options_.replaces && films_.was_there(id);
    if (look.file && !replaces) id = free_id(std::move(id), films_.files());
    return id;
}

catalog::NewVideo Adding::video_for(const Source& source, const Look& look, std::string id) const {
    catalog::NewVideo video{.id = std::move(id), .status = places_.ready, .title = options_.title,
                            .media_type = look.media_type};
    const std::string name = name_without(source.path, look.extension);
    // What the id cannot say, the title does.
    const bool says_more = !options_.id && id_from_name(name) != name;
    if (!video.title && says_more && catalog_.has_own_columns() && is_title(name)) video.title = name;
    const std::string file = look.file.value_or(video.id + look.extension);
    if (catalog_.has_own_columns() || file != catalog::default_file_name(video.id, places_.id_segments))
        video.file = file;
    catalog_.check_columns(video);
    return video;
}

/// Adds a file that a video has already: records it anew if that was asked for.
void Adding::add_known(const Source& source, const Look& look, const std::string& id) {
    const bool is_meant = options_.replaces && look.file && films_.was_there(id) && options_.id.value_or(id) == id;
    if (is_meant) {
        catalog::NewVideo video = video_for(source, look, id);
        video.file = films_.files().at(id);
        return replace_in_place(video, look);
    }
    if (source.is_named) posix::fail("add-known", source.path.native(), id);
    ++known_;
}

void Adding::add(const Source& source, const media::Progress& progress) {
    auto look = library_.look_at(source, options_.media_type);
    if (!look) {
        ++no_media_;
        return;
    }
    // All files are opened for that, on whatever disks they are: only where this one can be among them.
    const bool may_be_known = look->file || look->has_other_names;
    if (const auto id = may_be_known ? films_.with_file(look->id) : std::nullopt)
        return add_known(source, *look, *id);
    catalog::NewVideo video = video_for(source, *look, id_for(source, *look));
    if (films_.files().contains(video.id)) {
        if (!options_.replaces || !films_.was_there(video.id))
            posix::fail("add-recorded", source.path.native(), video.id, catalog_.status_of(video.id).value_or(""));
        if (!look->file) return replace(std::move(video), source, *look, progress);
        return replace_in_place(video, *look);
    }
    if (!look->file) return copy(std::move(video), source, *look, progress);
    films_.note(video, look->id);
    waiting_.push_back({std::move(video), look->length});
}

std::vector<posix::Failure> Adding::commit() {
    std::vector<posix::Failure> failures;
    if (waiting_.empty()) return failures;
    const std::vector<Waiting> batch = std::exchange(waiting_, {});
    const catalog::Transaction transaction = catalog_.begin();
    std::vector<const Waiting*> recorded;
    for (const Waiting& film : batch) {
        try {
            catalog_.insert(film.video);
            recorded.push_back(&film);
        } catch (const catalog::CatalogError& error) {
            // One row that is refused does not keep the others away.
            if (!catalog_.is_in_transaction()) throw;
            failures.push_back(error.failure());
        }
    }
    catalog_.commit();
    for (const Waiting* const film : recorded) tell(film->video.id, film->length, "in place");
    return failures;
}

void Adding::tell(const std::string& id, std::uint64_t length, std::string_view how) {
    text_.append(id).append(": ").append(std::to_string(length)).append(" bytes: ").append(places_.prefix);
    text_.append(id).append(how.empty() ? "" : ": ").append(how).append("\n");
}

/// Links or copies the source. Returns what to say of it.
std::string Adding::fill(media::MediaWriter& file, const Source& source, const media::Progress& progress) const {
    if (options_.links && file.link_from(source.path)) return "linked";
    file.copy_from(source.path, progress);
    return options_.links ? "copied, since it cannot be linked" : "";
}

void Adding::copy(catalog::NewVideo video, const Source& source, const Look& look, const media::Progress& progress) {
    const std::string name = video.file.value_or(catalog::default_file_name(video.id, places_.id_segments));
    const fs::path path = library_.place_for(source, look, name, options_.links);
    // What has the name may be a film under another id, and a killed `add` may have left its second name.
    if (const auto present = posix::file_id_of(path.c_str()))
        if (const auto id = films_.with_file(*present)) posix::fail("add-known", path.native(), *id);
    media::MediaWriter file{path};
    // Again, now that no other `add` can record it: the leftovers of a killed one may be a video by now.
    if (const auto status = catalog_.status_of(video.id))
        posix::fail("add-recorded", source.path.native(), video.id, *status);
    file.begin();
    const std::string how = fill(file, source, progress);
    // The row becomes visible last, so that every row has its whole file. In this order a catalogue that cannot be
    // written leaves no file behind, either.
    const catalog::Transaction transaction = catalog_.begin();
    catalog_.insert(video);
    file.publish();
    catalog_.commit();
    file.keep();
    films_.note(video, look.id);
    tell(video.id, look.length, how);
}

/// Makes a row mean a file that lies in place. The file that it meant stays.
void Adding::replace_in_place(const catalog::NewVideo& video, const Look& look) {
    const std::string old_name = films_.name_of(video.id);
    const auto old = library_.name_in_place(old_name);
    const bool is_same = old && library_.file_of(old_name) == look.id;
    const catalog::Transaction transaction = catalog_.begin();
    catalog_.replace(video);
    catalog_.commit();
    films_.note(video, look.id);
    tell(video.id, look.length, is_same || !old ? "in place" : "in place; " + old->native() + " stays");
}

/// Puts a new cut in the place of the file of a row, by a rename if it has the same extension: transfers under way go
/// on with the old one. A file that another row has as well stays.
void Adding::replace(catalog::NewVideo video, const Source& source, const Look& look, const media::Progress& progress) {
    const std::string old_name = films_.name_of(video.id);
    const auto old = library_.name_in_place(old_name);
    const auto old_file = library_.file_of(old_name);
    const bool is_shared = old_file && films_.with_file(*old_file, video.id);
    const bool takes_its_name = old && !is_shared && old->extension() == look.extension;
    // With another extension it goes to the old one's side.
    if (old && !is_shared) video.file = fs::path{old_name}.replace_extension(look.extension);
    if (!catalog_.has_own_columns() && video.file == catalog::default_file_name(video.id, places_.id_segments))
        video.file.reset();
    catalog_.check_columns(video);
    const std::string name = video.file.value_or(catalog::default_file_name(video.id, places_.id_segments));
    media::MediaWriter file{old && !is_shared ? fs::path{*old}.replace_extension(look.extension)
                                              : library_.place_for(source, look, name, options_.links),
                            takes_its_name ? media::Existing::replace : media::Existing::refuse};
    file.begin();
    const std::string how = fill(file, source, progress);
    {
        // A tag of the catalogue must not go out with the new bytes.
        const catalog::Transaction transaction = catalog_.begin();
        catalog_.clear_tag(video.id);
        catalog_.commit();
    }
    const catalog::Transaction transaction = catalog_.begin();
    catalog_.replace(video);
    file.publish();
    catalog_.commit();
    file.keep();
    films_.note(video, look.id);
    tell(video.id, look.length, how.empty() ? "replaced" : "replaced, " + how);
    if (old && !is_shared && !takes_its_name && unlink(old->c_str()) != 0)
        posix::throw_errno("remove-file", old->native());
}

}  // namespace reelgate::commands
