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

/// Returns an absolute path without dots for a file. Behind a link to a folder ".." leads elsewhere than its words say.
fs::path plain_path(const fs::path& path) {
    fs::path plain = fs::absolute(path).lexically_normal();
    if (posix::file_id_of(plain.c_str()) == posix::file_id_of(path.c_str())) return plain;
    std::error_code error;
    fs::path canonical = fs::canonical(path, error);
    return error ? fs::absolute(path) : canonical;
}

/// Returns what a file is by its content. A failure names the file.
std::optional<media::ContentKind> kind_of(int fd, const fs::path& path) {
    try {
        return media::kind_of(fd);
    } catch (const posix::FailureError& error) {
        posix::Failure failure = error.failure();
        failure.object = path;
        throw posix::FailureError{std::move(failure)};
    }
}

/// Returns whether a path leads below a folder by its words alone.
bool is_below(const fs::path& path, const fs::path& folder) {
    const fs::path relative = path.lexically_relative(folder.lexically_normal());
    return !relative.empty() && *relative.begin() != ".." && *relative.begin() != ".";
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
    const auto contains = [&](const fs::path& folder) { return is_below(fs::absolute(source), folder); };
    if (!none || none->reason != media::NoMediaFile::Reason::outside ||
        std::none_of(folders_.begin(), folders_.end(), contains))
        return;
    posix::fail("add-outside", source.native(), none->failure.cause, none->failure.remedy);
}

/// Returns what the row of a file says that lies in place: its name below a folder, or its path if another folder has
/// that name as well, since the row must mean this file whatever becomes of the other.
std::string Library::place_of(const media::MediaFile& file, const fs::path& path) const {
    std::size_t folder = file.folder;
    std::string name = file.name_or(path.lexically_relative(folders_[folder]).native());
    // A link has its own name: the row means the link.
    for (std::size_t i = 0; i < folders_.size(); ++i) {
        if (!is_below(path, folders_[i])) continue;
        folder = i;
        name = path.lexically_relative(folders_[i]).native();
    }
    for (std::size_t i = 0; i < folders_.size(); ++i)
        if (i != folder && is_taken(folders_[i] / name)) return (folders_[folder] / name).native();
    return name;
}

/// Looks at a source. Returns nothing for one that was found in a folder, and is no media.
std::optional<Look> Library::look_at(const Source& source, const std::optional<std::string>& media_type) {
    // A link that was found in a folder stands for what it leads to.
    std::error_code error;
    const bool is_link = !source.is_named && fs::is_symlink(source.path, error);
    const fs::path path = is_link ? fs::canonical(source.path, error) : plain_path(source.path);
    const media::Opened opened = error ? media::NoMediaFile{} : videos_.open(path);
    const auto* const in_place = std::get_if<media::MediaFile>(&opened);
    if (!in_place) refuse_if_it_leaves(source.path);
    const posix::UniqueFd own = in_place ? posix::UniqueFd{} : open_source(source.path);
    const int fd = in_place ? in_place->fd->get() : own.get();
    const struct stat status = status_of(fd, source.path);

    Look look{.id = posix::file_id_of(status), .length = static_cast<std::uint64_t>(status.st_size),
              .has_other_names = status.st_nlink > 1};
    const std::string own_extension = source.path.extension();
    const auto kind = kind_of(fd, source.path);
    if (!kind && !media_type) {
        if (source.is_named) posix::fail("source-no-media", source.path.native());
        return std::nullopt;
    }
    look.extension = kind ? media::extension_for(*kind, own_extension) : own_extension;
    if (media_type)
        look.media_type = media_type;
    else if (in_place && look.extension != lower(own_extension))
        look.media_type = http::media_type_for(look.extension);
    if (in_place) look.file = place_of(*in_place, path);
    return look;
}

fs::path Library::place_for(const Source& source, const Look& look, const std::string& name, bool is_link) const {
    const auto device = device_of(source.path);
    const auto is_near = [&](const fs::path& folder) { return device_of(folder) == device; };
    const auto has_room_for_it = [&](const fs::path& folder) { return has_room(folder, look.length); };
    auto chosen = is_link ? std::find_if(folders_.begin(), folders_.end(), is_near) : folders_.end();
    if (chosen == folders_.end()) chosen = std::find_if(folders_.begin(), folders_.end(), has_room_for_it);
    if (chosen == folders_.end() && folders_.size() > 1)
        posix::fail("add-no-room", source.path.native(), messages::Number{look.length});
    if (chosen == folders_.end()) chosen = folders_.begin();
    // Its row has the name alone, and that would mean the other file.
    for (auto folder = folders_.begin(); folder != folders_.end(); ++folder)
        if (folder != chosen && is_taken(*folder / name)) posix::fail("file-exists", (*folder / name).native());
    return *chosen / name;
}

std::optional<posix::FileId> Library::file_of(const std::string& name) {
    try {
        const media::Opened opened = videos_.open(name);
        const auto* const file = std::get_if<media::MediaFile>(&opened);
        struct stat status;
        if (file && fstat(file->fd->get(), &status) == 0) return posix::file_id_of(status);
    } catch (const posix::FailureError&) {
        // What cannot be opened now is not a file that could be.
    }
    return std::nullopt;
}

std::optional<fs::path> Library::name_in_place(const std::string& name) {
    const auto file = file_of(name);
    if (!file) return std::nullopt;
    for (const fs::path& folder : folders_)
        if (posix::file_id_of((folder / name).c_str()) == file) return folder / name;
    return std::nullopt;
}

}  // namespace reelgate::commands
