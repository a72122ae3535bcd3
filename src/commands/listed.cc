// Owns what is known of a video from its row and its file.
// SPDX-License-Identifier: MIT
#include "commands/listed.h"

#include <array>
#include <cstdio>
#include <variant>

#include "media/content_kind.h"
#include "media/duration.h"

namespace reelgate::commands {

namespace {

void look_at_file(Listed& listed, const media::MediaFile& file) {
    const int fd = file.fd->get();
    listed.length = file.complete_length;
    if (const auto kind = media::kind_of(fd)) listed.seconds = media::duration_of(fd, file.complete_length, *kind);
}

}  // namespace

Lister::Lister(const Places& places)
    : id_segments_(places.id_segments), reader_(places.database, places.query), videos_(places.videos) {}

Listed Lister::look_at(const std::string& id) {
    Listed listed{.id = id, .row = reader_.find(id)};
    if (!listed.row) return listed;
    listed.file = listed.row->file_name(id, id_segments_);
    try {
        const media::Opened opened = videos_.open(listed.file);
        if (const auto* const file = std::get_if<media::MediaFile>(&opened))
            look_at_file(listed, *file);
        else
            listed.obstacle = std::get<media::NoMediaFile>(opened).failure.cause;
    } catch (const posix::FailureError& failure) {
        listed.obstacle = failure.failure().cause;
    }
    return listed;
}

std::string text_of(double seconds) {
    std::array<char, 32> text;
    std::snprintf(text.data(), text.size(), "%.1f", seconds);
    return text.data();
}

}  // namespace reelgate::commands
