// Owns what the commands ask of the folders of videos.
// SPDX-License-Identifier: MIT
#include "commands/library.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>

#include "http/ascii.h"
#include "http/media_type.h"
#include "media/content_kind.h"
#include "posix/failure.h"

namespace reelgate::commands {

namespace {

namespace fs = std::filesystem;

std::vector<fs::path> absolute(const std::vector<fs::path>& paths) {
    std::vector<fs::path> all;
    for (const fs::path& path : paths) all.push_back(fs::absolute(path));
    return all;
}

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), http::to_lower);
    return text;
}

/// Opens a file that does not lie in place. Non-blocking: a FIFO is refused, not waited for.
posix::UniqueFd open_source(const fs::path& path) {
    posix::UniqueFd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
    if (!fd) posix::throw_errno("open-file", path.native());
    return fd;
}

struct stat status_of(int fd, const fs::path& path) {
    struct stat status;
    if (fstat(fd, &status) != 0) posix::throw_errno("stat-file", path.native());
    if (!S_ISREG(status.st_mode)) posix::fail("source-not-regular", path.native());
    return status;
}

bool is_taken(const fs::path& path) {
    struct stat status;
    return lstat(path.c_str(), &status) == 0;
}

std::optional<dev_t> device_of(const fs::path& path) {
    struct stat status;
    return stat(path.c_str(), &status) == 0 ? std::optional{status.st_dev} : std::nullopt;
}

bool has_room(const fs::path& folder, std::uint64_t length) {
    struct statvfs status;
    return statvfs(folder.c_str(), &status) == 0 && std::uint64_t{status.f_bavail} * status.f_frsize > length;
}

}  // namespace

Library::Library(const std::vector<fs::path>& folders) : folders_(absolute(folders)), videos_(folders_) {}

/// Throws if a path below the folders leads out of them: a copy of it could not have its name.
void Library::refuse_if_it_leaves(const fs::path& source) {
    const media::Opened opened = videos_.open(fs::absolute(source));
    const auto* const none = std::get_if<media::NoMediaFile>(&opened);
    const auto is_below = [&](const fs::path& folder) {
        const fs::path relative = fs::absolute(source).lexically_relative(folder);
        return !relative.empty() && *relative.begin() != "..";
    };
    if (!none || none->reason != media::NoMediaFile::Reason::outside ||
        std::none_of(folders_.begin(), folders_.end(), is_below))
        return;
    posix::fail("add-outside", source.native(), none->failure.cause, none->failure.remedy);
}

/// Returns what the row of a file says that lies in place: its name below the folders, or its path if that name means
/// another file, below an earlier folder.
std::string Library::place_of(const media::MediaFile& file, const fs::path& path, const posix::FileId& id) {
    std::string name = file.name.empty() ? path.lexically_relative(folders_[file.folder]).native() : file.name;
    const media::Opened by_name = videos_.open(name);
    const auto* const same = std::get_if<media::MediaFile>(&by_name);
    if (same && posix::file_id_of(status_of(same->fd->get(), path)) == id) return name;
    return (folders_[file.folder] / name).native();
}

/// Looks at a source. Returns nothing for one that was found in a folder, and is no media.
std::optional<Look> Library::look_at(const Source& source, const std::optional<std::string>& media_type) {
    // A link that was found in a folder stands for what it leads to.
    std::error_code error;
    const fs::path path = source.is_named ? fs::absolute(source.path) : fs::canonical(source.path, error);
    const media::Opened opened = error ? media::NoMediaFile{} : videos_.open(path);
    const auto* const in_place = std::get_if<media::MediaFile>(&opened);
    if (!in_place) refuse_if_it_leaves(source.path);
    const posix::UniqueFd own = in_place ? posix::UniqueFd{} : open_source(source.path);
    const int fd = in_place ? in_place->fd->get() : own.get();
    const struct stat status = status_of(fd, source.path);

    Look look{.id = posix::file_id_of(status), .length = static_cast<std::uint64_t>(status.st_size)};
    const std::string own_extension = source.path.extension();
    const auto kind = media::kind_of(fd);
    if (!kind && !media_type) {
        if (source.is_named) posix::fail("source-no-media", source.path.native());
        return std::nullopt;
    }
    look.extension = kind ? media::extension_for(*kind, own_extension) : own_extension;
    if (media_type)
        look.media_type = media_type;
    else if (in_place && look.extension != lower(own_extension))
        look.media_type = http::media_type_for(look.extension);
    if (in_place) look.file = place_of(*in_place, path, look.id);
    return look;
}

/// Returns the path of a new file: in the first folder with room, or, for a hard link, on the same device.
fs::path Library::place_for(const Source& source, std::uint64_t length, const std::string& name, bool is_link) const {
    // Its row has the name alone, and that would mean the other file.
    for (const fs::path& folder : folders_)
        if (folder != folders_.front() && is_taken(folder / name)) posix::fail("file-exists", (folder / name).native());
    const auto device = device_of(source.path);
    const auto is_near = [&](const fs::path& folder) { return device_of(folder) == device; };
    const auto near = std::find_if(folders_.begin(), folders_.end(), is_near);
    if (is_link && near != folders_.end()) return *near / name;
    const auto with_room = std::find_if(folders_.begin(), folders_.end(),
                                        [&](const fs::path& folder) { return has_room(folder, length); });
    if (with_room == folders_.end() && folders_.size() > 1)
        posix::fail("add-no-room", source.path.native(), messages::Number{length});
    return (with_room == folders_.end() ? folders_.front() : *with_room) / name;
}

std::optional<fs::path> Library::path_of(const std::string& name) {
    const media::Opened opened = videos_.open(name);
    const auto* const file = std::get_if<media::MediaFile>(&opened);
    if (!file) return std::nullopt;
    return folders_[file->folder] / (file->name.empty() ? name : file->name);
}

std::optional<fs::path> Library::name_in_place(const std::string& name) {
    if (!std::holds_alternative<media::MediaFile>(videos_.open(name))) return std::nullopt;
    for (const fs::path& folder : folders_) {
        struct stat status;
        fs::path path = folder / name;
        if (lstat(path.c_str(), &status) == 0 && !S_ISDIR(status.st_mode)) return path;
    }
    return std::nullopt;
}

}  // namespace reelgate::commands
