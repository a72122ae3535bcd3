// Owns the command `list`: the videos of the catalogue, with the size, the length in time and the state of each.
// SPDX-License-Identifier: MIT
#include <sys/stat.h>

#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>

#include "catalog/list.h"
#include "catalog/reader.h"
#include "commands/commands.h"
#include "commands/print.h"
#include "http/json.h"
#include "media/content_kind.h"
#include "media/duration.h"
#include "media/media_folders.h"

namespace reelgate::commands {

namespace {

/// A video, as far as its row and its file tell.
struct Listed {
    std::string id;
    std::optional<catalog::Row> row;  ///< nothing: the query does not find it
    std::string file;
    std::optional<std::uint64_t> length;  ///< bytes; nothing if it cannot be opened
    std::optional<double> seconds;
    std::string obstacle;  ///< why it cannot be opened
};

void look_at_file(Listed& listed, const media::MediaFile& file) {
    const int fd = file.fd->get();
    listed.length = file.complete_length;
    if (const auto kind = media::kind_of(fd)) listed.seconds = media::duration_of(fd, file.complete_length, *kind);
}

Listed look_at(const std::string& id, unsigned id_segments, catalog::Reader& reader, media::MediaFolders& videos) {
    Listed listed{.id = id, .row = reader.find(id)};
    if (!listed.row) return listed;
    listed.file = listed.row->file_name(id, id_segments);
    try {
        const media::Opened opened = videos.open(listed.file);
        if (const auto* const file = std::get_if<media::MediaFile>(&opened))
            look_at_file(listed, *file);
        else
            listed.obstacle = std::get<media::NoMediaFile>(opened).failure.cause;
    } catch (const posix::FailureError& failure) {
        listed.obstacle = failure.failure().cause;
    }
    return listed;
}

std::string state_of(const Listed& listed) {
    return listed.row ? listed.row->status.value_or("(no status)") : "(no row)";
}

std::string text_of(double seconds) {
    char text[32];
    std::snprintf(text, sizeof text, "%.1f", seconds);
    return text;
}

std::string line_of(const Listed& listed) {
    std::string line = listed.id + ": " + state_of(listed);
    if (listed.length) line.append(": ").append(std::to_string(*listed.length)).append(" bytes");
    if (listed.seconds) line.append(": ").append(text_of(*listed.seconds)).append(" s");
    if (!listed.file.empty()) line.append(": ").append(listed.file);
    if (!listed.obstacle.empty()) line.append(": ").append(listed.obstacle);
    return line + "\n";
}

std::string json_of(const Listed& listed, const std::string& ready) {
    std::string out = "{\"id\": " + http::json_string(listed.id);
    const auto add = [&](std::string_view name, const std::string& value) {
        out.append(", \"").append(name).append("\": ").append(value);
    };
    const auto add_text = [&](std::string_view name, const std::optional<std::string>& value) {
        if (value) add(name, http::json_string(*value));
    };
    const bool is_ready = listed.row && listed.row->status == ready;
    if (listed.row)
        for (const catalog::Column& column : catalog::columns)
            if (column.value && column.name != "file") add_text(column.name, (*listed.row).*column.value);
    if (listed.row) add_text("file", listed.file);
    add("ready", is_ready ? "true" : "false");
    if (listed.length) add("bytes", std::to_string(*listed.length));
    if (listed.seconds) add("seconds", text_of(*listed.seconds));
    if (!listed.obstacle.empty()) add_text("cause", listed.obstacle);
    return out + "}";
}

}  // namespace

int list(const Invocation& invocation) {
    const Places& places = invocation.settings.handler.places;
    const bool is_json = invocation.arguments.has("json");
    catalog::Reader reader{places.database, places.query};
    media::MediaFolders videos{places.videos};
    std::string text;
    for (const std::string& id : catalog::list_ids(places.database, invocation.arguments.value("list").value())) {
        const Listed listed = look_at(id, places.id_segments, reader, videos);
        if (is_json)
            text.append(text.empty() ? "[\n  " : ",\n  ").append(json_of(listed, places.ready));
        else
            text.append(line_of(listed));
    }
    if (is_json) text.append(text.empty() ? "[]\n" : "\n]\n");
    print(std::move(text));
    return EXIT_SUCCESS;
}

}  // namespace reelgate::commands
