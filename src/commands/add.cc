// Owns the command `add`: copies a file and records it as a video, or changes nothing.
// SPDX-License-Identifier: MIT
#include <cstdint>
#include <cstdlib>

#include "catalog/writer.h"
#include "commands/commands.h"
#include "commands/print.h"
#include "commands/progress_bar.h"
#include "http/target.h"
#include "media/media_writer.h"

namespace reelgate::commands {

namespace {

/// Unit of the progress bar, rounded up, so that a small file has a total.
constexpr std::uint64_t mib = 1 << 20;

std::size_t in_mib(std::uint64_t bytes) { return static_cast<std::size_t>((bytes + mib - 1) / mib); }

std::string id_for(const Arguments& arguments, const std::filesystem::path& source) {
    const auto given = arguments.value("id");
    std::string id =
        given.value_or(source.extension() == catalog::default_extension ? source.stem() : source.filename());
    if (http::is_video_id(id)) return id;
    if (given) posix::fail("id-of-option", id);
    posix::fail("id-of-file", source.native());
}

void refuse_recorded(catalog::Writer& catalog, const std::string& id) {
    if (const auto status = catalog.status_of(id))
        posix::fail("add-recorded", id, *status);
}

/// Prints the result. A failure to print must not read as if the video were not recorded.
void tell(const std::string& id, const std::string& text) {
    try {
        print(text);
    } catch (const std::exception& failure) {
        posix::fail("add-untold", id, failure.what());
    }
}

}  // namespace

int add(const Invocation& invocation) {
    const Places& places = invocation.settings.handler.places;
    const std::filesystem::path source{invocation.arguments.operands.front()};
    const std::string id = id_for(invocation.arguments, source);

    catalog::Writer catalog{places.database};
    catalog.check();
    refuse_recorded(catalog, id);
    media::MediaWriter file{places.videos.front(), catalog::default_file_name(id, places.id_segments)};
    // Again, now that no other `add` can record it: the leftovers of a killed one may be a video by now.
    refuse_recorded(catalog, id);
    file.begin();
    std::uint64_t length = 0;
    {
        ProgressBar bar;
        length = file.copy_from(source, [&](std::uint64_t copied, std::uint64_t total) {
            bar.show(copied < total ? "MiB copied" : "waiting for the disk", in_mib(copied), in_mib(total));
        });
    }
    // The row becomes visible last, so that every row has its whole file. In this order a catalogue that cannot be
    // written leaves no file behind, either.
    catalog.begin();
    catalog.insert({.id = id, .status = places.ready});
    file.publish();
    catalog.commit();
    file.keep();
    tell(id, id + ": " + std::to_string(length) + " bytes: " + places.prefix + id + "\n");
    return EXIT_SUCCESS;
}

}  // namespace reelgate::commands
