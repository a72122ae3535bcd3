// Owns the audit: compares catalogue and files, which it reads the same way as requests do.
// SPDX-License-Identifier: MIT
#include "audit/audit.h"

#include <algorithm>

#include "audit/remedies.h"
#include "audit/rights.h"

namespace reelgate::audit {

Report run(const Subject& subject, const std::optional<posix::User>& user, const Progress& progress) {
    // Lists files before rows: a file that is recorded in between then has a row. And before changing the user: serving
    // does not need the permission to list the folder.
    Looks looks{subject, progress};
    if (user) posix::become(*user);
    Rights rights = look_at_rights(subject);
    FirstLook first;
    SecondLook second;
    try {
        looks.look(first, rights);
        looks.look_again(first, second);
    } catch (const posix::FailureError& failure) {
        // A missing permission explains the failure.
        if (rights.missing.empty()) throw;
        rights.unfinished = failure.failure();
    }
    const auto is_ready = [&](const auto& row) { return is_streamed(row.first, subject.id_segments, row.second); };
    const auto ready = std::count_if(first.rows.begin(), first.rows.end(), is_ready);
    return {judge(first, second, rights), first.ids.size(), static_cast<std::size_t>(ready), looks.files(),
            Commands{first}.add_all()};
}

}  // namespace reelgate::audit
