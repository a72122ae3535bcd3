// Owns the judgement of an audit: what is wrong, by the evidence alone.
// SPDX-License-Identifier: MIT
#include "audit/judge.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "audit/remedies.h"
#include "http/target.h"
#include "media/adding.h"
#include "posix/shell.h"

namespace reelgate::audit {

namespace {

/// An incomplete file that was written to within this many seconds may still be on its way.
constexpr std::time_t recent_seconds = 60;

bool is_unchanged(const SeenFile& one, const SeenFile& other) {
    return one.length == other.length && one.modified.tv_sec == other.modified.tv_sec &&
           one.modified.tv_nsec == other.modified.tv_nsec;
}

/// Returns whether a file may be one that `add` has made: it has an extension.
bool may_be_added(const std::filesystem::path& path) { return path.has_extension(); }

std::string on_its_way(const OpenFilm& film) {
    if (film.age < 0 || film.age >= recent_seconds) return {};
    return "; it was written to within the last minute, and may be still on its way";
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

std::string after_colon(const std::string& command) { return command.empty() ? command : ": " + command; }

/// The findings so far, and what they are based on.
class Case {
public:
    Case(const FirstLook& first, const SecondLook& second)
        : first_(first), second_(second), named_(named_files(first, second)) {}

    void judge_rights(const Rights& rights);
    void judge_row(const std::string& id, const std::optional<SeenRow>& row);
    void judge_film(const std::string& file, const SeenFilm& film);
    void judge_stray(const std::string& path, const StrayFile& stray);

    /// Returns the findings, by kind, then by object.
    std::vector<Finding> close();

private:
    void add(Kind kind, std::string id, posix::Failure failure);
    void judge_unopened(const std::string& file, const std::string& id, const media::NoMediaFile& none);
    void judge_open(const std::string& id, const OpenFilm& film);
    void judge_boxes(const std::string& id, const OpenFilm& film);
    void judge_leftover(const std::string& path, const std::string& added, const StrayFile& stray);
    bool is_still_without_file(const std::string& file, const std::string& id) const;
    std::string copy_again(const std::string& id) const;
    std::string path_of(const std::string& file) const { return path_below(first_.videos.front(), file); }

    const FirstLook& first_;
    const SecondLook& second_;
    const Commands commands_{first_};
    const std::set<std::string> named_;
    std::set<posix::FileId> streamed_;  ///< a row may mean a file without naming it, through a link
    std::vector<Finding> findings_;
};

void Case::add(Kind kind, std::string id, posix::Failure failure) {
    if (failure.remedy.empty()) failure.remedy = row_of(kind).remedy;
    findings_.push_back({kind, std::move(id), std::move(failure)});
}

void Case::judge_rights(const Rights& rights) {
    for (const auto& [place, failure] : rights.missing) add(Kind::missing_right, {}, failure);
    if (rights.unfinished) {
        posix::Failure failure = *rights.unfinished;
        failure.add_remedy(std::string{row_of(Kind::unfinished).remedy});
        add(Kind::unfinished, {}, std::move(failure));
    }
    for (posix::Failure failure : first_.unlisted) {
        failure.cause.append(": files without a row are not looked for there");
        add(Kind::unlisted_folder, {}, std::move(failure));
    }
}

void Case::judge_row(const std::string& id, const std::optional<SeenRow>& row) {
    const std::string object = id.empty() ? "(nothing)" : id;
    if (row) {
        if (!http::is_video_id(id, first_.id_segments))
            add(Kind::unreachable_id, id, {{}, object, "no client can ask for it"});
        return;
    }
    const auto later = second_.rows.find(id);
    if (later != second_.rows.end() && !later->second)
        add(Kind::unmatched_id, id, {{}, object, "it is listed, but the query does not find it"});
}

/// Returns the remedy of a film that is not whole; empty: that of its kind.
std::string Case::copy_again(const std::string& id) const {
    const std::string command = commands_.replace(id, {});
    return command.empty() ? command : "copy it again from its source: " + command;
}

/// Returns whether a row means the same file as at the first look, and still in vain: a video may be removed during the
/// audit, the row and its file.
bool Case::is_still_without_file(const std::string& file, const std::string& id) const {
    const auto row = second_.rows.find(id);
    return row != second_.rows.end() && is_streamed(id, first_.id_segments, row->second) && row->second->file == file &&
           second_.absent.contains(file);
}

void Case::judge_unopened(const std::string& file, const std::string& id, const media::NoMediaFile& none) {
    using Reason = media::NoMediaFile::Reason;
    posix::Failure failure{{}, path_of(file), none.failure.cause, none.failure.remedy, none.failure.error};
    switch (none.reason) {
        case Reason::absent:
            if (!is_still_without_file(file, id)) return;
            failure.cause = id + " is '" + first_.ready + "', and there is no such file";
            if (first_.options) failure.remedy = "put it there, or take the row out: " + commands_.remove(id);
            return add(Kind::no_file, id, std::move(failure));
        case Reason::refused: case Reason::outside:
            if (failure.remedy.empty())
                failure.remedy = std::string{row_of(Kind::refused_file).remedy} + after_colon(commands_.take_out(id));
            else
                failure.add_remedy("or take the row out" + after_colon(commands_.take_out(id)));
            return add(Kind::refused_file, id, std::move(failure));
        case Reason::unreadable:
            failure.add_remedy("give it the right, or take the row out" + after_colon(commands_.take_out(id)));
            return add(Kind::unreadable_file, id, std::move(failure));
    }
}

void Case::judge_boxes(const std::string& id, const OpenFilm& film) {
    using media::BoxOrder;
    const media::BoxSurvey& survey = *film.survey;
    const auto found = [&](Kind kind, std::string cause, std::string remedy = {}) {
        add(kind, id, {{}, film.path, std::move(cause), std::move(remedy)});
    };
    switch (survey.order) {
        case BoxOrder::moov_first: return;
        case BoxOrder::moov_last:
            return found(Kind::moov_last, "a player has to fetch the end of the file before it can begin",
                         faststart_commands(first_.working_folder / film.path));
        case BoxOrder::no_mp4:
            if (film.kind)
                return found(Kind::no_mp4, "it is " + std::string{media::name_of(*film.kind)} + " by its content",
                             commands_.replace(id, film.path));
            return found(Kind::no_mp4, "none of ftyp, moov and mdat is in it; it begins with \"" + survey.beginning +
                                           "\"");
        case BoxOrder::no_moov: case BoxOrder::no_mdat: case BoxOrder::cut_off:
            return found(Kind::cut_off, not_all_there(survey) + on_its_way(film),
                         copy_again(id));
        case BoxOrder::damaged: case BoxOrder::undecided:
            return found(Kind::damaged, not_all_there(survey) + on_its_way(film),
                         copy_again(id));
    }
}

void Case::judge_open(const std::string& id, const OpenFilm& film) {
    streamed_.insert(film.file.id);
    const auto later = second_.films.find(film.path);
    // Removed or replaced meanwhile: left to the next audit.
    if (later == second_.films.end() || !later->second || later->second->id != film.file.id) return;
    const SeenFile& now = *later->second;
    if (!is_unchanged(film.file, now))
        add(Kind::still_changing, {}, {{}, film.path, std::to_string(film.file.length) + " bytes at first, " +
            std::to_string(now.length) + " at the end of this audit, though the catalogue has it as '" +
            first_.ready + "'"});
    else if (film.file.length == 0)
        add(Kind::empty_file, id, {{}, film.path, "it has no bytes" + on_its_way(film),
                                   copy_again(id)});
    else if (film.survey)
        judge_boxes(id, film);
}

void Case::judge_film(const std::string& file, const SeenFilm& film) {
    if (const auto* open = std::get_if<OpenFilm>(&film.opening)) return judge_open(film.id, *open);
    if (const auto* none = std::get_if<media::NoMediaFile>(&film.opening)) return judge_unopened(file, film.id, *none);
    if (const auto* failure = std::get_if<posix::Failure>(&film.opening)) add(Kind::unreadable_file, film.id, *failure);
}

void Case::judge_leftover(const std::string& path, const std::string& added, const StrayFile& stray) {
    if (stray.is_locked) return;
    const std::string command = "rm " + posix::shell_word(path);
    const bool has_both_names = stray.other == stray.id;
    if (has_both_names && named_.contains(added))
        return add(Kind::leftover, {}, {{}, path, "an `add` was interrupted here after it had recorded the film, whose "
            "room this second name would keep when the film is removed", "`" + command + "`"});
    add(Kind::leftover, {}, {{}, path, "an `add` was interrupted here",
        "add that id again, or, if no `add` of it is running, `" + command +
            (has_both_names ? " " + posix::shell_word(added) : "") + "`"});
}

void Case::judge_stray(const std::string& path, const StrayFile& stray) {
    if (named_.contains(path)) return;
    const auto added = media::added_path(path);
    if (added && may_be_added(*added)) return judge_leftover(path, *added, stray);
    // Until `add` has recorded it, a file is reported under its temporary name.
    const bool is_reported = (may_be_added(path) && !added) && stray.other == stray.id;
    if (streamed_.contains(stray.target.value_or(stray.id)) || is_reported) return;
    if (stray.outside)
        return add(Kind::no_row, {}, {{}, path, "no row of the catalogue refers to it, and it " + stray.outside->cause,
                                      stray.outside->remedy + ", or remove it"});
    if (const auto advice = advice_about(stray.content))
        return add(Kind::no_row, {}, {{}, path, std::string{advice->cause}, std::string{advice->remedy}});
    std::string remedy = commands_.add(path);
    if (!remedy.empty()) remedy.append(", or remove it");
    add(Kind::no_row, {}, {{}, path, "no row of the catalogue refers to it", std::move(remedy)});
}

std::vector<Finding> Case::close() {
    std::stable_sort(findings_.begin(), findings_.end(), [](const Finding& one, const Finding& other) {
        return std::tie(one.kind, one.failure.object) < std::tie(other.kind, other.failure.object);
    });
    return std::move(findings_);
}

}  // namespace

std::vector<Finding> judge(const FirstLook& first, const SecondLook& second, const Rights& rights) {
    Case found{first, second};
    found.judge_rights(rights);
    for (const auto& [id, row] : first.rows) found.judge_row(id, row);
    for (const auto& [file, film] : first.films) found.judge_film(file, film);
    // After the films: which files these are is known by then.
    for (const auto& [path, stray] : second.strays) found.judge_stray(path, stray);
    return found.close();
}

}  // namespace reelgate::audit
