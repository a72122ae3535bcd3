// Owns the command `add`: copies or links files and records them as videos, or records what lies in place.
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "commands/adding.h"
#include "commands/commands.h"
#include "commands/print.h"
#include "commands/progress_bar.h"
#include "http/target.h"
#include "media/adding.h"
#include "media/listing.h"

namespace reelgate::commands {

namespace {

namespace fs = std::filesystem;

/// Unit of the progress bar, rounded up, so that a small file has a total.
constexpr std::uint64_t mib = 1 << 20;

std::size_t in_mib(std::uint64_t bytes) { return static_cast<std::size_t>((bytes + mib - 1) / mib); }

/// Appends the files below a folder.
void append_files(std::vector<Source>& sources, const fs::path& folder) {
    const media::Listing listing = media::list_files(folder, {});
    if (!listing.unknown.empty()) throw posix::FailureError{listing.unknown.front()};
    std::vector<fs::path> files;
    for (const std::string& name : listing.files)
        if (!media::added_path(name)) files.push_back(folder / name);
    std::sort(files.begin(), files.end());
    for (fs::path& path : files) sources.push_back({std::move(path)});
}

std::vector<Source> sources_from(const std::vector<std::string>& operands) {
    std::vector<Source> sources;
    for (const fs::path operand : operands) {
        std::error_code error;
        if (fs::is_directory(operand, error))
            append_files(sources, operand);
        else
            sources.push_back({operand, true});
    }
    // First what is no link, so that a link to one of them adds nothing.
    std::stable_partition(sources.begin(), sources.end(),
                          [](const Source& source) { return source.is_named || !fs::is_symlink(source.path); });
    return sources;
}

AddOptions options_from(const Arguments& arguments) {
    AddOptions options{arguments.value("id"), arguments.value("title"), arguments.value("media-type"),
                       arguments.has("link"), arguments.has("replace")};
    if (options.id && !http::is_video_id(*options.id)) posix::fail("id-of-option", *options.id);
    std::error_code error;
    const bool is_one = arguments.operands.size() == 1 && !fs::is_directory(arguments.operands.front(), error);
    for (const std::string_view name : {"id", "title"})
        if (arguments.has(name) && !is_one) posix::fail("add-one-file", name);
    return options;
}

/// Prints the result. A failure to print must not read as if nothing were recorded.
void tell(const std::string& text) {
    if (text.empty()) return;
    try {
        print(text);
    } catch (const std::exception& failure) {
        posix::fail("add-untold", text.substr(0, text.find(':')), failure.what());
    }
}

/// Adds all sources. With several, one that cannot be added does not keep the others away.
int add_all(Adding& adding, const std::vector<Source>& sources) {
    ProgressBar bar;
    int status = EXIT_SUCCESS;
    const auto show_copy = [&](std::uint64_t copied, std::uint64_t total) {
        bar.show(copied < total ? "MiB copied" : "waiting for the disk", in_mib(copied), in_mib(total));
    };
    for (std::size_t i = 0; i < sources.size(); ++i) {
        if (sources.size() > 1) bar.show("files", i, sources.size());
        try {
            adding.add(sources[i], show_copy);
        } catch (const catalog::CatalogError&) {
            throw;
        } catch (const posix::FailureError& failure) {
            if (sources.size() == 1) throw;
            complain(failure.what());
            status = EXIT_FAILURE;
        }
        if (adding.is_batch_full()) adding.commit();
    }
    adding.commit();
    return status;
}

}  // namespace

int add(const Invocation& invocation) {
    const std::vector<Source> sources = sources_from(invocation.arguments.operands);
    Adding adding{invocation.settings.handler.places, options_from(invocation.arguments)};
    int status = EXIT_SUCCESS;
    try {
        status = add_all(adding, sources);
    } catch (...) {
        // What is recorded is told, whatever has kept the rest away.
        tell(adding.take_text());
        throw;
    }
    tell(adding.take_text());
    const messages::Number known{adding.known()}, no_media{adding.no_media()};
    if (adding.known() > 0) complain(posix::text_of(posix::failure_of("add-known-many", known)));
    if (adding.no_media() > 0) complain(posix::text_of(posix::failure_of("add-no-media", no_media)));
    return status;
}

}  // namespace reelgate::commands
