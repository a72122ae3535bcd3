// Owns the audit: compares catalogue and files, which it reads the same way as requests do.
// SPDX-License-Identifier: MIT
#include "audit.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <system_error>

#include "catalog/list.h"
#include "http/ascii.h"
#include "http/target.h"
#include "media/boxes.h"
#include "posix/access.h"
#include "posix/error.h"
#include "posix/file_id.h"
#include "posix/shell.h"

namespace reelgate {

namespace {

/// An incomplete file that was written to within this many seconds may still be on its way.
constexpr std::time_t recent_seconds = 60;

struct Kind {
    What what;
    Severity severity;
    std::string_view name;
};

constexpr std::array kinds{
    Kind{What::missing_right, Severity::error, "missing right"},
    Kind{What::unfinished, Severity::error, "unfinished audit"},
    Kind{What::unreachable_id, Severity::error, "unreachable id"},
    Kind{What::unmatched_id, Severity::error, "unmatched id"},
    Kind{What::no_file, Severity::error, "no file"},
    Kind{What::refused_file, Severity::error, "refused file"},
    Kind{What::unreadable_file, Severity::error, "unreadable file"},
    Kind{What::empty_file, Severity::error, "empty file"},
    Kind{What::cut_off, Severity::error, "cut off"},
    Kind{What::damaged, Severity::warning, "damaged file"},
    Kind{What::no_mp4, Severity::warning, "no MP4"},
    Kind{What::moov_last, Severity::warning, "moov behind mdat"},
    Kind{What::still_changing, Severity::warning, "still changing"},
    Kind{What::no_row, Severity::warning, "no row"},
    Kind{What::leftover, Severity::warning, "leftover"},
    Kind{What::unlisted_folder, Severity::warning, "unlisted folder"},
};

const Kind& kind_of(What what) {
    return *std::find_if(kinds.begin(), kinds.end(), [&](const Kind& kind) { return kind.what == what; });
}

/// Returns the file of a video, in the form of a listing.
std::string file_name_of(const std::string& id, const catalog::Row& row) {
    return std::filesystem::path{row.file_name(id)}.lexically_normal().native();
}

/// Returns whether the row gives a video a type that has boxes. Without a type it counts as MP4.
bool is_mp4(const catalog::Row& row) {
    if (!row.media_type) return true;
    std::string type = row.media_type->substr(0, row.media_type->find_first_of("; \t"));
    std::transform(type.begin(), type.end(), type.begin(), http::to_lower);
    constexpr std::array<std::string_view, 4> types{"video/mp4", "audio/mp4", "video/quicktime", "video/x-m4v"};
    return std::find(types.begin(), types.end(), type) != types.end();
}

/// Returns the commands that move `moov` to the front. Without -map 0 ffmpeg would keep only one track of each kind.
std::string faststart_commands(const std::filesystem::path& path) {
    const auto in = std::filesystem::absolute(path);
    const auto out = in.parent_path() / catalog::default_file_name(in.stem().native() + ".faststart");
    const std::string from = posix::shell_word(in.native()), to = posix::shell_word(out.native());
    return "`ffmpeg -i " + from + " -map 0 -c copy -movflags +faststart " + to + " && mv " + to + " " + from + "`";
}

std::string not_all_there(const media::BoxSurvey& survey) {
    using media::BoxOrder;
    const std::string position = std::to_string(survey.position);
    switch (survey.order) {
        case BoxOrder::no_moov: return "it has no `moov`, without which nothing can be played";
        case BoxOrder::no_mdat: return "it has no `mdat`, and with that no content";
        case BoxOrder::cut_off:
            return "its box `" + survey.type + "` at byte " + position + " lacks " + std::to_string(survey.lacking) +
                   " bytes";
        case BoxOrder::damaged: return "a box should begin at byte " + position + ", and none does";
        default: return "none of its first " + std::to_string(media::max_boxes) + " boxes is a `moov`";
    }
}

std::string changed_lately(const struct stat& status) {
    const std::time_t age = std::time(nullptr) - status.st_mtim.tv_sec;
    if (age < 0 || age >= recent_seconds) return {};
    return "; it was written to within the last minute, and may be still on its way";
}

bool is_same_file(const struct stat& one, const struct stat& other) {
    return posix::file_id_of(one) == posix::file_id_of(other);
}

bool is_unchanged(const struct stat& one, const struct stat& other) {
    return one.st_size == other.st_size && one.st_mtim.tv_sec == other.st_mtim.tv_sec &&
           one.st_mtim.tv_nsec == other.st_mtim.tv_nsec;
}

/// Returns whether a name is ".ID.mp4.adding", which `add` writes until the copy is complete.
bool is_adding(const std::string& name) { return name.starts_with('.') && name.ends_with(".mp4.adding"); }

constexpr std::string_view adding_extension = ".adding";

/// Returns the temporary name that `add` gives a file until it has recorded it; added_name_of() does the reverse.
std::string adding_name_of(const std::filesystem::path& name) {
    return name.parent_path() / ("." + name.filename().native()).append(adding_extension);
}
std::string added_name_of(const std::filesystem::path& name) {
    const std::string last = name.filename();
    return name.parent_path() / last.substr(1, last.size() - 1 - adding_extension.size());
}

/// Returns whether a path exists, and is another name of `file`.
bool is_name_of(const std::string& path, const struct stat& file) {
    struct stat status;
    return lstat(path.c_str(), &status) == 0 && is_same_file(status, file);
}

/// Returns whether an `add` is writing the file: it holds a lock. Ours is shared, and released at once; an `add` of the
/// same id that begins at that moment reports that another process is writing.
bool is_locked(const std::string& path) {
    const posix::UniqueFd fd{open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)};
    return fd && flock(fd.get(), LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

std::vector<std::string> sorted_ids(const std::filesystem::path& database, const std::string& list) {
    std::vector<std::string> ids = catalog::list_ids(database, list);
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    return ids;
}

}  // namespace

Severity severity_of(What what) { return kind_of(what).severity; }

std::string_view name_of(What what) { return kind_of(what).name; }

Audit::Audit(Places settings, std::string list, AuditProgress progress)
    : settings_(std::move(settings)), list_(std::move(list)), progress_(std::move(progress)),
      catalog_(settings_.database, settings_.query), videos_(settings_.videos) {}

void Audit::add(What what, std::string id, std::string object, std::string why, std::string remedy) {
    report_.findings.push_back({what, std::move(id), std::move(object), std::move(why), std::move(remedy)});
}

bool Audit::lacks(const std::filesystem::path& path, int right) {
    const auto obstacle = posix::find_obstacle(std::filesystem::absolute(path), right);
    // Missing paths are reported elsewhere.
    if (!obstacle || obstacle->error != EACCES) return false;
    if (lacking_.insert(obstacle->path + obstacle->why).second)
        add(What::missing_right, {}, obstacle->path, obstacle->why, obstacle->remedy);
    return true;
}

void Audit::check_rights() {
    const std::filesystem::path database = std::filesystem::absolute(settings_.database);
    lacks(settings_.videos, X_OK);
    lacks(database, R_OK);
    if (!catalog::uses_wal(database)) return;
    // A reader in WAL mode uses its shared memory, and creates it if it does not exist.
    lacks(database.parent_path(), W_OK | X_OK);
    lacks(database.native() + "-wal", R_OK);
    lacks(database.native() + "-shm", R_OK | W_OK);
}

void Audit::look_at_boxes(const std::string& id, const std::string& name, int fd, const struct stat& status) {
    using media::BoxOrder;
    const std::string path = path_of(name);
    const auto suspect = [&](What what, std::string why, std::string remedy) {
        suspected_.insert({name, {what, id, path, std::move(why), std::move(remedy)}});
    };
    const media::BoxSurvey survey = media::survey_boxes(fd, static_cast<std::uint64_t>(status.st_size));
    switch (survey.order) {
        case BoxOrder::moov_first: break;
        case BoxOrder::moov_last:
            suspect(What::moov_last, "a player has to fetch the end of the file before it can begin",
                    faststart_commands(path));
            break;
        case BoxOrder::no_mp4:
            suspect(What::no_mp4, "none of ftyp, moov and mdat is in it; it begins with \"" + survey.beginning + "\"",
                    "put the film there, or let the query say its media_type");
            break;
        case BoxOrder::no_moov: case BoxOrder::no_mdat: case BoxOrder::cut_off:
            suspect(What::cut_off, not_all_there(survey) + changed_lately(status), "copy it again from its source");
            break;
        case BoxOrder::damaged: case BoxOrder::undecided:
            suspect(What::damaged, not_all_there(survey) + changed_lately(status), "copy it again from its source");
            break;
    }
}

void Audit::report_unopened(const std::string& id, const std::string& name, const media::NoMediaFile& none) {
    using Reason = media::NoMediaFile::Reason;
    const std::string path = path_of(name);
    if (none.reason == Reason::absent) {
        missing_.emplace_back(id, name);
        return;
    }
    if (none.reason == Reason::unreadable && lacks(path, R_OK)) return;
    const posix::Failure why{{}, {}, none.failure.cause, none.failure.remedy};
    const bool is_refused = none.reason == Reason::refused;
    add(is_refused ? What::refused_file : What::unreadable_file, id, path, text_of(why),
        is_refused ? "or take the row out" : "give it the right, or take the row out");
}

void Audit::look_at_file(const std::string& id, const std::string& name, bool is_mp4) {
    const std::string path = path_of(name);
    try {
        const auto opened = videos_.open(name);
        if (const auto* none = std::get_if<media::NoMediaFile>(&opened)) return report_unopened(id, name, *none);
        const int fd = std::get<media::MediaFile>(opened).fd->get();
        struct stat status;
        if (fstat(fd, &status) != 0) posix::throw_errno("stat", path);
        seen_.push_back({&names_.find(name)->first, status});
        if (status.st_size == 0)
            suspected_.insert({name, {What::empty_file, id, path, "it has no bytes" + changed_lately(status),
                                      "copy it again from its source"}});
        else if (is_mp4)
            look_at_boxes(id, name, fd, status);
    } catch (const std::system_error& failure) {
        add(What::unreadable_file, id, path, failure.what(), "look at the disk, and the kernel's log");
    }
}

void Audit::look_at_row(const std::string& id) {
    const auto row = catalog_.find(id);
    if (!row) {
        unmatched_.push_back(id);
        return;
    }
    const std::string name = file_name_of(id, *row);
    bool& was_looked_at = names_[name];
    if (!http::is_video_id(id))
        return add(What::unreachable_id, id, id.empty() ? "(nothing)" : id, "no client can ask for it",
                   "an id has 1 to 128 of the characters A-Z a-z 0-9 . _ ~ -");
    if (row->status != settings_.ready) return;
    ++report_.ready;
    // Several rows may share a file.
    if (!std::exchange(was_looked_at, true)) look_at_file(id, name, is_mp4(*row));
}

void Audit::look_at_rows() {
    ids_ = sorted_ids(settings_.database, list_);
    report_.rows = ids_.size();
    for (std::size_t i = 0; i < ids_.size(); ++i) {
        progress_("rows and files", i, ids_.size());
        look_at_row(ids_[i]);
    }
}

/// Looks at each file again. A file that has changed since the first look is on its way, and its other faults do not
/// count.
void Audit::look_again() {
    for (std::size_t i = 0; i < seen_.size(); ++i) {
        progress_("looking again", i, seen_.size());
        const auto& [name, before] = seen_[i];
        const std::string path = path_of(*name);
        struct stat now;
        if (stat(path.c_str(), &now) != 0 || !is_same_file(before, now)) {
            suspected_.erase(*name);  // removed or replaced meanwhile: left to the next audit
        } else if (!is_unchanged(before, now)) {
            suspected_.erase(*name);
            add(What::still_changing, {}, path,
                std::to_string(before.st_size) + " bytes at first, " + std::to_string(now.st_size) +
                    " at the end of this audit, though the catalogue has it as '" + settings_.ready + "'",
                "write it under another name, rename it when it is whole, and record it then");
        }
    }
    for (auto& [name, finding] : suspected_) report_.findings.push_back(std::move(finding));
}

/// Reads the rows that were added during the audit: they have files, too.
void Audit::look_again_for_rows() {
    const std::vector<std::string> now = sorted_ids(settings_.database, list_);
    for (const std::string& id : now) {
        if (std::binary_search(ids_.begin(), ids_.end(), id)) continue;
        if (const auto row = catalog_.find(id)) names_.emplace(file_name_of(id, *row), false);
    }
    for (const std::string& id : unmatched_)
        if (std::binary_search(now.begin(), now.end(), id) && !catalog_.find(id))
            add(What::unmatched_id, id, id.empty() ? "(nothing)" : id, "it is listed, but the query does not find it",
                "--list and --query have to mean the same rows");
}

/// Drops missing files whose row is gone by now: a video may be removed during the audit, the row and its file.
void Audit::look_again_at_missing() {
    for (const auto& [id, name] : missing_) {
        const auto row = catalog_.find(id);
        if (!row || row->status != settings_.ready || file_name_of(id, *row) != name) continue;
        const auto opened = videos_.open(name);
        if (const auto* none = std::get_if<media::NoMediaFile>(&opened);
            none && none->reason == media::NoMediaFile::Reason::absent)
            add(What::no_file, id, path_of(name), id + " is '" + settings_.ready + "', and there is no such file",
                "put it there, or take the row out");
    }
}

void Audit::look_for_files_without_row() {
    std::vector<std::string> candidates;
    for (const std::string& name : listing_.files)
        if (!names_.contains(name)) candidates.push_back(name);
    if (!candidates.empty() || !unmatched_.empty()) look_again_for_rows();
    if (candidates.empty()) return;

    // A row may mean a file without naming it, through a symbolic or a hard link.
    std::set<posix::FileId> streamed;
    for (const Seen& seen : seen_) streamed.insert(posix::file_id_of(seen.status));
    for (const std::string& name : candidates) {
        const std::string path = path_of(name);
        struct stat status;
        if (names_.contains(name) || lstat(path.c_str(), &status) != 0) continue;
        if (is_adding(name)) {
            if (!is_locked(path)) report_leftover(name, status);
        } else if (!streamed.contains(posix::file_id_of(status)) &&
                   // Until `add` has recorded it, the file is reported under its other name.
                   !is_name_of(path_of(adding_name_of(name)), status)) {
            add(What::no_row, {}, path, "no row of the catalogue refers to it", "record it, or remove it");
        }
    }
}

void Audit::report_leftover(const std::string& name, const struct stat& status) {
    const std::string path = path_of(name), added_name = added_name_of(name), added_path = path_of(added_name);
    const std::string command = "rm " + posix::shell_word(path);
    const bool has_both_names = is_name_of(added_path, status);
    if (has_both_names && names_.contains(added_name))
        return add(What::leftover, {}, path, "an `add` was interrupted here after it had recorded the film, whose room this "
                   "second name would keep when the film is removed", "`" + command + "`");
    add(What::leftover, {}, path, "an `add` was interrupted here",
        "add that id again, or, if nobody is at it, `" + command +
            (has_both_names ? " " + posix::shell_word(added_path) : "") + "`");
}

AuditReport Audit::run(const std::optional<posix::User>& user) {
    // Files before rows: a file that is recorded in between then has a row. And before changing the user: serving does
    // not need the permission to list the folder.
    listing_ = media::list_files(settings_.videos, [&](std::size_t count) { progress_("listing files", count, 0); });
    report_.files = listing_.files.size();
    if (user) posix::become(*user);
    check_rights();
    try {
        catalog_.check();
        videos_.check();
        for (const std::string& folder : listing_.unknown)
            add(What::unlisted_folder, {}, folder, "files without a row are not looked for there",
                "run the audit as root, with --user");
        look_at_rows();
        look_again();
        look_again_at_missing();
        look_for_files_without_row();
    } catch (const std::exception& failure) {
        // A missing permission, already reported, explains the failure.
        if (lacking_.empty()) throw;
        add(What::unfinished, {}, settings_.database, failure.what(), "give the missing rights, and run it again");
    }
    std::stable_sort(report_.findings.begin(), report_.findings.end(), [](const Finding& one, const Finding& other) {
        return std::tie(one.what, one.object) < std::tie(other.what, other.object);
    });
    return std::move(report_);
}

}  // namespace reelgate
