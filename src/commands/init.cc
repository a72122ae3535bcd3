// Owns the command `init`: creates folders and an empty catalogue, and leaves existing ones as they are.
// SPDX-License-Identifier: MIT
#include <unistd.h>

#include <cstdlib>
#include <string_view>
#include <vector>

#include "catalog/writer.h"
#include "commands/commands.h"
#include "commands/print.h"
#include "posix/access.h"

namespace reelgate::commands {

namespace {

namespace fs = std::filesystem;

/// Creates several folders, or none.
class NewFolders {
public:
    NewFolders() = default;
    NewFolders(const NewFolders&) = delete;
    NewFolders& operator=(const NewFolders&) = delete;
    /// Removes the created folders, unless keep() was called. A folder that is no longer empty stays.
    ~NewFolders() {
        for (auto made = made_.rbegin(); made != made_.rend(); ++made) rmdir(made->c_str());
    }

    /// Creates a folder, and missing ones above it.
    void make(const fs::path& folder) {
        fs::path way;
        for (const fs::path& part : folder) {
            way /= part;
            std::error_code error;
            if (fs::create_directory(way, error)) made_.push_back(way);
            if (error && !fs::is_directory(way)) fail(folder, way, fs::exists(way) ? ENOTDIR : error.value());
        }
    }

    void keep() { made_.clear(); }

private:
    [[noreturn]] static void fail(const fs::path& wanted, const fs::path& folder, int error) {
        const fs::path above = folder.has_parent_path() ? folder.parent_path() : ".";
        if (const auto obstacle = posix::find_obstacle(above, W_OK | X_OK))
            throw posix::FailureError{obstacle->failure(posix::operation_of("create-folder", wanted.native()), {})};
        posix::fail("create-folder", wanted.native(), folder.native() + ": " + posix::cause(error), "");
    }

    std::vector<fs::path> made_;
};

/// Returns what a person should know of a catalogue that was there before.
std::string_view note_of(catalog::Shape shape, bool is_upgrade) {
    if (is_upgrade) return shape == catalog::Shape::own ? " (had all columns already)" : " (upgraded)";
    return shape == catalog::Shape::own ? "" : " (of version 0.1: `reelgate init --upgrade` adds its new columns)";
}

}  // namespace

int init(const Invocation& invocation) {
    const Settings& settings = invocation.settings;
    NewFolders folders;
    folders.make(settings.data);
    for (const fs::path& videos : settings.handler.places.videos) folders.make(videos);
    const fs::path& database = settings.handler.places.database;
    const bool is_upgrade = invocation.arguments.has("upgrade");
    const catalog::Shape shape = is_upgrade ? catalog::upgrade(database) : catalog::create(database);
    folders.keep();
    const Places& places = settings.handler.places;
    std::string text = "catalogue: " + places.database.native();
    text.append(note_of(shape, is_upgrade)).append("\n");
    for (const fs::path& videos : places.videos) text.append("videos:    ").append(videos.native()).append("\n");
    print(std::move(text));
    return EXIT_SUCCESS;
}

}  // namespace reelgate::commands
