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
#include "media/media_file.h"
#include "posix/failure.h"
#include "posix/file_id.h"

namespace reelgate::audit {

/// What an audit looks at.
struct Subject {
    std::filesystem::path database;
    std::filesystem::path videos;
    std::string query;  ///< looks an id up
    std::string list;   ///< lists all ids
    std::string ready;  ///< the status that may be streamed
};

/// A row of the catalogue.
struct SeenRow {
    std::string file;  ///< below the folder of videos, in the form of a listing
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
    SeenFile file;
    std::time_t age = 0;                     ///< seconds since it was written to; negative for a date yet to come
    std::optional<media::BoxSurvey> survey;  ///< nothing if it is empty, or its type has no boxes
};

/// A film that is not readable for want of a permission that is among Rights::missing.
struct WithoutRight {};

/// What opening a film gave. A Failure is that of its storage.
using Opening = std::variant<OpenFilm, media::NoMediaFile, WithoutRight, posix::Failure>;

struct SeenFilm {
    std::string id;  ///< of the first row that means it
    Opening opening;
};

/// A file that no row names.
struct StrayFile {
    posix::FileId id;
    bool is_locked = false;  ///< an `add` is writing it
    /// The file with the name that `add` gives this one before it is recorded; or, if it has such a name, after that.
    std::optional<posix::FileId> other;
};

struct FirstLook {
    std::filesystem::path videos;  ///< the folder, by the name that findings give it
    std::filesystem::path folder;  ///< the same, absolute: the command of a remedy may be run anywhere
    std::string ready;             ///< the status that may be streamed
    std::vector<std::string> files;        ///< all that is below the folder
    std::vector<posix::Failure> unlisted;  ///< of folders below it that could not be listed
    std::vector<std::string> ids;          ///< all in the catalogue, sorted, each once
    std::map<std::string, std::optional<SeenRow>> rows;  ///< by id; nothing: the query does not find it
    std::map<std::string, SeenFilm> films;  ///< by file, those of ready rows that a client can ask for
};

/// What was looked at again. What is not in it, because the audit ended early, speaks for nobody.
struct SecondLook {
    /// By id: rows that are new, and those that were not found, or had no file. Nothing: it is still not found.
    std::map<std::string, std::optional<SeenRow>> rows;
    std::map<std::string, std::optional<SeenFile>> films;  ///< by file, each that was open; nothing: it is gone
    std::set<std::string> absent;                          ///< files of ready rows that are still not there
    std::map<std::string, StrayFile> strays;               ///< by name
};

/// What the audit's user may not do.
struct Rights {
    std::map<std::string, posix::Failure> missing;  ///< by place and cause: each is told once
    std::optional<posix::Failure> unfinished;       ///< what ended the audit early, since they are missing
};

/// Returns the files that rows mean, ready or not, at either look. Valid while the looks are unchanged.
std::set<std::string_view> named_files(const FirstLook& first, const SecondLook& second);

/// Returns whether a row is that of a film which clients may watch.
bool is_streamed(const std::string& id, const std::optional<SeenRow>& row);

}  // namespace reelgate::audit
