// Owns the command `remove`: takes videos out of the catalogue, and then removes their files.
// SPDX-License-Identifier: MIT
#include <unistd.h>

#include <cstdlib>
#include <optional>
#include <string>

#include "catalog/writer.h"
#include "commands/commands.h"
#include "commands/known_films.h"
#include "commands/library.h"
#include "commands/print.h"

namespace reelgate::commands {

namespace {

namespace fs = std::filesystem;

class Removing {
public:
    Removing(const Places& places, bool keeps_files)
        : keeps_files_(keeps_files), catalog_(places.database), library_(places.videos),
          films_(catalog_, library_, places.id_segments) {
        catalog_.check();
    }

    /// Takes a video out. Returns what was done.
    std::string remove(const std::string& id) {
        if (!films_.files().contains(id)) posix::fail("remove-unknown", id);
        const std::string name = films_.name_of(id);
        // Looked for first: a folder that cannot be used must not leave a file without a row.
        const auto path = library_.name_in_place(name);
        const auto other = path ? other_with(*path, name, id) : std::nullopt;
        const catalog::Transaction transaction = catalog_.begin();
        if (!catalog_.remove(id)) posix::fail("remove-unknown", id);
        catalog_.commit();
        films_.forget(id);
        if (!path) return id + ": removed; it had no file that can be served\n";
        if (keeps_files_) return id + ": removed; " + path->native() + " stays\n";
        if (other) return id + ": removed; " + path->native() + " stays, since it is the file of " + *other + "\n";
        if (unlink(path->c_str()) != 0) posix::throw_errno("remove-file", path->native());
        return id + ": removed, and " + path->native() + "\n";
    }

private:
    /// Returns another video that loses its file with this path. Of a link only the link is removed, so only a row that
    /// names it does.
    std::optional<std::string> other_with(const fs::path& path, const std::string& name, const std::string& id) {
        if (auto named = films_.with_name(name, id)) return named;
        const auto file = library_.file_of(name);
        std::error_code ignored;
        return file && !fs::is_symlink(path, ignored) ? films_.with_file(*file, id) : std::nullopt;
    }

    const bool keeps_files_;
    catalog::Writer catalog_;
    Library library_;
    KnownFilms films_;
};

}  // namespace

int remove(const Invocation& invocation) {
    const Arguments& arguments = invocation.arguments;
    Removing removing{invocation.settings.handler.places, arguments.has("keep-file")};
    int status = EXIT_SUCCESS;
    for (const std::string& id : arguments.operands) {
        try {
            print(removing.remove(id));
        } catch (const posix::FailureError& failure) {
            if (arguments.operands.size() == 1) throw;
            complain(failure.what());
            status = EXIT_FAILURE;
        }
    }
    return status;
}

}  // namespace reelgate::commands
