// Owns the question which permissions the user of this process lacks, that serving needs.
// SPDX-License-Identifier: MIT
#include "audit/rights.h"

#include <unistd.h>

#include <cerrno>

#include "catalog/list.h"
#include "posix/access.h"

namespace reelgate::audit {

bool lacks(Rights& rights, const std::filesystem::path& path, int right) {
    const auto obstacle = posix::find_obstacle(std::filesystem::absolute(path), right);
    // A missing path is a finding of another kind.
    if (!obstacle || obstacle->error != EACCES) return false;
    rights.missing.insert({obstacle->path + obstacle->why,
                           {{}, obstacle->path, obstacle->why, obstacle->remedy, obstacle->error}});
    return true;
}

Rights look_at_rights(const Subject& subject) {
    const std::filesystem::path database = std::filesystem::absolute(subject.database);
    Rights rights;
    for (const std::filesystem::path& folder : subject.videos) lacks(rights, folder, X_OK);
    lacks(rights, database, R_OK);
    if (!catalog::uses_wal(database)) return rights;
    // A reader in WAL mode uses its shared memory, and creates it if it does not exist.
    lacks(rights, database.parent_path(), W_OK | X_OK);
    lacks(rights, database.native() + "-wal", R_OK);
    lacks(rights, database.native() + "-shm", R_OK | W_OK);
    return rights;
}

}  // namespace reelgate::audit
