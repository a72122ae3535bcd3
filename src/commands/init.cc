// Owns the command `init`: folders and an empty catalogue, leaving what is there as it is.
// SPDX-License-Identifier: MIT
#include <cstdio>
#include <cstdlib>

#include "commands/commands.h"
#include "posix/error.h"

namespace reelgate::commands {

namespace {

void create_folder(const std::filesystem::path& folder) {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error) posix::throw_errno("create folder", folder.native(), error.value());
}

}  // namespace

int init(const Invocation& invocation) {
    const Settings& settings = invocation.settings;
    create_folder(settings.data);
    create_folder(settings.handler.videos);
    media::create_catalog(settings.handler.database);
    std::printf("catalogue: %s\nvideos:    %s\n", settings.handler.database.c_str(), settings.handler.videos.c_str());
    return EXIT_SUCCESS;
}

}  // namespace reelgate::commands
