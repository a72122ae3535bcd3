// Owns the command `remove`: takes videos out of the catalogue, and then removes their files.
// SPDX-License-Identifier: MIT
#include <unistd.h>

#include <cstdlib>
#include <optional>
#include <string>

#include "catalog/reader.h"
#include "catalog/writer.h"
#include "commands/commands.h"
#include "commands/library.h"
#include "commands/print.h"

namespace reelgate::commands {

namespace {

class Removing {
public:
    Removing(const Places& places, bool keeps_files)
        : places_(places), keeps_files_(keeps_files), reader_(places.database, places.query),
          writer_(places.database), library_(places.videos) {
        writer_.check();
    }

    /// Returns what was done.
    std::string remove(const std::string& id) {
        const auto row = reader_.find(id);
        const catalog::Row none;
        const std::string name = (row ? *row : none).file_name(id, places_.id_segments);
        // Looked for first: a folder that cannot be used must not leave a file without a row.
        const auto path = keeps_files_ ? std::nullopt : library_.name_in_place(name);
        writer_.begin();
        if (!writer_.remove(id)) {
            writer_.roll_back();
            posix::fail("remove-unknown", id);
        }
        const auto other = path ? writer_.id_of_file(name) : std::nullopt;
        writer_.commit();
        if (!path) return id + ": removed" + (keeps_files_ ? "; its file stays\n" : "; it had no file\n");
        if (other) return id + ": removed; " + path->native() + " stays, since it is the file of " + *other + "\n";
        if (unlink(path->c_str()) != 0) posix::throw_errno("remove-file", path->native());
        return id + ": removed, and " + path->native() + "\n";
    }

private:
    const Places& places_;
    const bool keeps_files_;
    catalog::Reader reader_;
    catalog::Writer writer_;
    Library library_;
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
