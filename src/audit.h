// Owns the audit: compares catalogue and files, which it reads the same way as requests do.
// Does not change anything, and does not know how findings are shown.
// SPDX-License-Identifier: MIT
#pragma once

#include <sys/stat.h>

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "handler.h"
#include "media/listing.h"
#include "posix/account.h"

namespace reelgate {

/// Kinds of findings, in the order of a report.
enum class What {
    missing_right,
    unfinished,
    unreachable_id,
    unmatched_id,
    no_file,
    refused_file,
    unreadable_file,
    empty_file,
    cut_off,
    damaged,
    no_mp4,
    moov_last,
    still_changing,
    no_row,
    leftover,
    unlisted_folder,
};

enum class Severity {
    error,    ///< some viewers are not served
    warning,  ///< some viewers are served badly, or space is wasted
};

Severity severity_of(What what);

/// Returns the name of a kind of finding, such as "no file".
std::string_view name_of(What what);

struct Finding {
    What what;
    std::string id;      ///< of the video; empty if it is about none
    std::string object;  ///< a path, or an id
    std::string why;
    std::string remedy;
};

struct AuditReport {
    std::vector<Finding> findings;  ///< by kind, then by object
    std::size_t rows = 0;           ///< ids in the catalogue
    std::size_t ready = 0;          ///< those that may be streamed
    std::size_t files = 0;          ///< below the folder of videos
};

/// Called with the progress: the current step, how much of it is done, and the total (0: unknown).
using AuditProgress = std::function<void(std::string_view, std::size_t, std::size_t)>;

/// An audit, to be run once.
class Audit {
public:
    /// Takes the statement `list`, which lists all ids.
    Audit(Places settings, std::string list, AuditProgress progress);

    /// Checks every row and every file. With `user`, changes the user of the process for good. Throws CatalogError or
    /// std::system_error if the audit fails for a reason that is not a finding.
    AuditReport run(const std::optional<posix::User>& user);

private:
    /// A file as it was at the first look.
    struct Seen {
        const std::string* name;  ///< in names_
        struct stat status;
    };

    void add(What what, std::string id, std::string object, std::string why, std::string remedy);
    /// Returns whether a permission is missing, and reports it once.
    bool lacks(const std::filesystem::path& path, int right);
    void check_rights();
    void look_at_rows();
    void look_at_row(const std::string& id);
    void look_at_file(const std::string& id, const std::string& name, bool is_mp4);
    void look_at_boxes(const std::string& id, const std::string& name, int fd, const struct stat& status);
    void report_unopened(const std::string& id, const std::string& name, const media::NoMediaFile& none);
    void look_again();
    void look_again_for_rows();
    void look_again_at_missing();
    void look_for_files_without_row();
    void report_leftover(const std::string& name, const struct stat& status);
    std::string path_of(const std::string& name) const { return (settings_.videos / name).native(); }

    Places settings_;
    std::string list_;
    AuditProgress progress_;
    catalog::Reader catalog_;
    media::MediaFolder videos_;
    AuditReport report_;
    media::Listing listing_;
    std::vector<std::string> ids_;                       // sorted, each once
    std::unordered_map<std::string, bool> names_;        // of files that rows refer to; true: already checked
    std::vector<Seen> seen_;
    std::map<std::string, Finding> suspected_;           // by file; reported unless that file is still changing
    std::vector<std::pair<std::string, std::string>> missing_;  // id and file
    std::vector<std::string> unmatched_;                 // ids that the query does not find
    std::set<std::string> lacking_;                      // missing permissions already reported
};

}  // namespace reelgate
