// Owns the evidence of an audit, as values: what two looks saw in the catalogue and in the folder of videos.
// Does not look (looks.h does), and does not say what is wrong (judge.h does).
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <ctime>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "media/boxes.h"
#include "media/content_kind.h"
#include "media/media_file.h"
#include "posix/failure.h"
#include "posix/file_id.h"

namespace reelgate::audit {

/// What an audit looks at.
struct Subject {
    std::filesystem::path database;
    std::vector<std::filesystem::path> videos;  ///< folders
    std::string query;  ///< looks an id up
    std::string list;   ///< lists all ids
    std::string ready;  ///< the status that may be streamed
    /// Options that a command needs to change this catalogue, each after a blank; nothing: the table is another
    /// application's.
    std::optional<std::string> options;
    unsigned id_segments = 1;  ///< that an id may have at most
};

/// A row of the catalogue.
struct SeenRow {
    std::string file;  ///< below one of the folders of videos, in the form of a listing; or absolute
    bool is_ready = false;
};

/// A file at one moment.
struct SeenFile {
    posix::FileId id;
    std::uint64_t length = 0;
    timespec modified{};
};

/// An open film.
struct OpenFilm {
    std::string path;  ///< where it was opened: a link leads there
    SeenFile file;
    std::time_t age = 0;                     ///< seconds since it was written to; negative for a date yet to come
    std::optional<media::BoxSurvey> survey;  ///< nothing if it is empty, or its type has no boxes
    std::optional<media::ContentKind> kind;  ///< by its content
};

/// A film that is not readable for want of a permission that is among Rights::missing.
struct WithoutRight {};

/// What opening a film gave. A Failure is that of its storage.
using Opening = std::variant<OpenFilm, media::NoMediaFile, WithoutRight, posix::Failure>;

struct SeenFilm {
    std::string id;  ///< of the first row that means it
    Opening opening;
};

/// What a file without a row is, as far as can be seen.
enum class StrayContent {
    media,
    other,    ///< none of the kinds of media
    nothing,  ///< a link that leads nowhere
    hidden,   ///< its name or that of a folder begins with a dot: it is on its way, or in the trash
};

/// A file that no row names.
struct StrayFile {
    posix::FileId id;                     ///< of the file, or of the link
    std::optional<posix::FileId> target;  ///< of what a link leads to
    bool is_locked = false;  ///< an `add` is writing it
    StrayContent content = StrayContent::media;
    std::optional<posix::Failure> outside;  ///< why a link cannot be added: it leads out of the folders
    /// The file with the name that `add` gives this one before it is recorded; or, if it has such a name, after that.
    std::optional<posix::FileId> other;
};

struct FirstLook {
    std::vector<std::filesystem::path> videos;  ///< the folders, by the names that findings give them
    std::filesystem::path working_folder;  ///< of the audit: the command of a remedy may be run anywhere
    std::string ready;                     ///< the status that may be streamed
    std::optional<std::string> options;    ///< see Subject
    unsigned id_segments = 1;  ///< that an id may have at most
    std::vector<std::string> files;        ///< paths of all that is below the folders
    std::vector<posix::Failure> unlisted;  ///< of folders below them that could not be listed
    std::vector<std::string> ids;          ///< all in the catalogue, sorted, each once
    std::map<std::string, std::optional<SeenRow>> rows;  ///< by id; nothing: the query does not find it
    std::map<std::string, SeenFilm> films;  ///< by the row's file, those of ready rows that a client can ask for
};

/// What was looked at again. What is not in it, because the audit ended early, speaks for nobody.
struct SecondLook {
    /// By id: rows that are new, and those that were not found, or had no file. Nothing: it is still not found.
    std::map<std::string, std::optional<SeenRow>> rows;
    std::map<std::string, std::optional<SeenFile>> films;  ///< by path, each that was open; nothing: it is gone
    std::set<std::string> absent;                          ///< files of ready rows that are still not there
    std::map<std::string, StrayFile> strays;               ///< by path
};

/// What the audit's user may not do.
struct Rights {
    std::map<std::string, posix::Failure> missing;  ///< by place and cause: each is told once
    std::optional<posix::Failure> unfinished;       ///< what ended the audit early, since they are missing
};

/// Returns the path by which findings name a file that a row means, if it is below one of the folders.
std::string path_below(const std::filesystem::path& folder, const std::string& file);

/// Returns the paths of the files that rows mean, ready or not, at either look, below each of the folders.
std::set<std::string> named_files(const FirstLook& first, const SecondLook& second);

/// Returns whether a row is that of a film which clients may watch.
bool is_streamed(const std::string& id, unsigned id_segments, const std::optional<SeenRow>& row);

}  // namespace reelgate::audit
