// Owns the command `add`: copies or links files and records them as videos, or records what lies in place.
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <vector>

#include "commands/adding.h"
#include "commands/commands.h"
#include "commands/print.h"
#include "commands/progress_bar.h"
#include "http/media_type.h"
#include "http/target.h"
#include "media/listing.h"

namespace reelgate::commands {

namespace {

namespace fs = std::filesystem;

/// Unit of the progress bar, rounded up, so that a small file has a total.
constexpr std::uint64_t mib = 1 << 20;

std::size_t in_mib(std::uint64_t bytes) { return static_cast<std::size_t>((bytes + mib - 1) / mib); }

/// Returns whether a name, or a folder on the way to it, is hidden: another program's, such as a file on its way or in
/// the trash.
bool is_hidden(const fs::path& below) {
    const auto is_dotted = [](const fs::path& part) { return part.native().starts_with('.'); };
    return std::any_of(below.begin(), below.end(), is_dotted);
}

bool is_link(const fs::path& path) {
    std::error_code ignored;
    return fs::is_symlink(path, ignored);
}

bool is_list_of_streams(const fs::path& path) { return path.extension() == ".m3u8" || path.extension() == ".mpd"; }

/// The files to be added, and how many were left out.
struct Found {
    std::vector<Source> sources;
    std::size_t streams = 0;  ///< files beside a list of HLS or DASH, which names them by their own names
};

/// Finds the files below a folder. Those of a folder with a list of streams are no films of their own.
void find_files(Found& found, const fs::path& folder) {
    const media::Listing listing = media::list_files(folder, {});
    if (!listing.unknown.empty()) throw posix::FailureError{listing.unknown.front()};
    std::set<fs::path> streams;
    for (const fs::path name : listing.files)
        if (is_list_of_streams(name) && name.has_parent_path()) streams.insert(*name.begin());
    std::vector<fs::path> files;
    for (const fs::path name : listing.files) {
        std::error_code ignored;  // what cannot be looked at is no link to a folder, and says so when it is added
        if (is_hidden(name) || fs::is_directory(folder / name, ignored)) continue;
        if (name.has_parent_path() && streams.contains(*name.begin()))
            ++found.streams;
        else
            files.push_back(folder / name);
    }
    std::sort(files.begin(), files.end());
    for (fs::path& path : files) found.sources.push_back({std::move(path)});
}

Found find_sources(const std::vector<std::string>& operands) {
    Found found;
    for (const fs::path operand : operands) {
        std::error_code error;
        if (fs::is_directory(operand, error))
            find_files(found, operand);
        else
            found.sources.push_back({operand, true});
    }
    // First what is no link, so that a link to one of them adds nothing.
    std::stable_partition(found.sources.begin(), found.sources.end(),
                          [](const Source& source) { return source.is_named || !is_link(source.path); });
    return found;
}

AddOptions options_from(const Arguments& arguments) {
    AddOptions options{arguments.value("id"), arguments.value("title"), arguments.value("media-type"),
                       arguments.has("hard-link"), arguments.has("replace")};
    if (options.id && !http::is_video_id(*options.id)) posix::fail("id-of-option", *options.id);
    std::error_code error;
    const bool is_one = arguments.operands.size() == 1 && !fs::is_directory(arguments.operands.front(), error);
    if (options.media_type && !http::is_media_type(*options.media_type))
        posix::fail("media-type-form", *options.media_type);
    for (const std::string_view name : {"id", "title"})
        if (arguments.has(name) && !is_one) posix::fail("add-one-file", name);
    return options;
}

/// Prints what was recorded. A failure to print must not read as if nothing were recorded.
void tell(Adding& adding) {
    std::string text = adding.take_text();
    if (text.empty()) return;
    try {
        print(std::move(text));
    } catch (const std::exception& failure) {
        posix::fail("add-untold", failure.what());
    }
}

/// Adds several sources. One that cannot be added does not keep the others away.
class Round {
public:
    /// Takes whether there is but one source: its failure is that of the command.
    Round(Adding& adding, bool is_only) : adding_(adding), is_only_(is_only) {}

    void add(const Source& source, const media::Progress& progress) {
        try {
            adding_.add(source, progress);
        } catch (const catalog::CatalogError&) {
            throw;
        } catch (const posix::FailureError& failure) {
            complain_of(failure.failure());
        }
        if (adding_.is_batch_full()) commit();
    }

    void commit() {
        for (const posix::Failure& failure : adding_.commit()) complain_of(failure);
    }

    int status() const { return status_; }

private:
    void complain_of(const posix::Failure& failure) {
        if (is_only_) throw posix::FailureError{failure};
        complain(posix::text_of(failure));
        status_ = EXIT_FAILURE;
    }

    Adding& adding_;
    const bool is_only_;
    int status_ = EXIT_SUCCESS;
};

int add_all(Adding& adding, const std::vector<Source>& sources) {
    ProgressBar bar;
    const auto show_copy = [&](std::uint64_t copied, std::uint64_t total) {
        bar.show(copied < total ? "MiB copied" : "waiting for the disk", in_mib(copied), in_mib(total));
    };
    Round round{adding, sources.size() == 1};
    for (std::size_t i = 0; i < sources.size(); ++i) {
        if (sources.size() > 1) bar.show("files", i, sources.size());
        round.add(sources[i], show_copy);
        bar.hide();
        tell(adding);
    }
    round.commit();
    return round.status();
}

}  // namespace

int add(const Invocation& invocation) {
    const Found found = find_sources(invocation.arguments.operands);
    Adding adding{invocation.settings.handler.places, options_from(invocation.arguments)};
    const int status = add_all(adding, found.sources);
    tell(adding);
    const messages::Number known{adding.known()}, no_media{adding.no_media()}, streams{found.streams};
    if (adding.known() > 0) complain(posix::text_of(posix::failure_of("add-known-many", known)));
    if (adding.no_media() > 0) complain(posix::text_of(posix::failure_of("add-no-media", no_media)));
    if (found.streams > 0) complain(posix::text_of(posix::failure_of("add-streams", streams)));
    return status;
}

}  // namespace reelgate::commands
