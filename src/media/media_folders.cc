// Owns the door to stored media: nothing else opens what is below the folders of videos.
// SPDX-License-Identifier: MIT
#include "media/media_folders.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <numeric>
#include <string_view>
#include <utility>

#include "media/on_device.h"
#include "media/opening.h"
#include "posix/failure.h"

namespace reelgate::media {

namespace {

using Reason = NoMediaFile::Reason;

/// Returns whether few enough descriptors are in use to keep one: the kernel gives out the lowest that is free.
bool is_to_be_kept(const posix::UniqueFd& fd) {
    static const rlim_t limit = [] {
        rlimit descriptors{};
        getrlimit(RLIMIT_NOFILE, &descriptors);
        return descriptors.rlim_cur;
    }();
    return static_cast<rlim_t>(fd.get()) < limit / 2;
}

/// Returns whether a name gave no file for the reason `reason`.
bool is_none(const Opened& opened, Reason reason) {
    const auto* const none = std::get_if<NoMediaFile>(&opened);
    return none && none->reason == reason;
}

/// Returns the part of `path` below `folder`; nothing if it is not below it. Looks at the texts alone.
std::optional<std::string> below(std::string_view path, std::string_view folder) {
    while (folder.ends_with('/')) folder.remove_suffix(1);
    if (!path.starts_with(folder)) return std::nullopt;
    path.remove_prefix(folder.size());
    const auto begin = path.find_first_not_of('/');
    if (begin == 0 || begin == std::string_view::npos) return std::nullopt;
    return std::string{path.substr(begin)};
}

}  // namespace

/// Returns whether a file that was kept is still as it was opened, and has all its names.
bool MediaFolders::is_kept_valid(const MediaFile& file, StorageGate& gate) const {
    const Entered entered{&gate, file.device};
    struct stat status;
    return fstat(file.fd->get(), &status) == 0 &&
           posix::compare(file.version, posix::version_of(status)) == posix::FileChange::unchanged;
}

/// Opens a file beneath one of the folders. `other_name` is its name there, if that is not the one that was asked for.
Opened MediaFolders::open_in(std::size_t folder, const std::string& name, Clock::time_point now, StorageGate* gate,
                             std::shared_ptr<const std::string> other_name) {
    Opened opened = folders_[folder].open(name, now, gate);
    if (auto* const file = std::get_if<MediaFile>(&opened)) {
        file->folder = folder;
        file->name = std::move(other_name);
    }
    return opened;
}

/// Opens what a path leads to that leaves its folder: beneath the folder in which it ends. The way there is only looked
/// at; another file may be there by the time that it is opened, but none outside the folders.
Opened MediaFolders::follow(const std::filesystem::path& path, Clock::time_point now, StorageGate* gate) {
    // Where /proc does not tell the end of a path, no path that leaves its folder is good.
    Opened failed = outside(path, {});
    const std::string end = on_device_of(AT_FDCWD, path, 0, gate, [&] {
        End found = end_of(path);
        if (found.error != 0) failed = media_file({}, found.error, path);
        return std::move(found.path);
    });
    if (end.empty()) return failed;
    for (std::size_t i = 0; i < folders_.size(); ++i) {
        const std::string real_path = folders_[i].real_path(now, gate);
        auto name = real_path.empty() ? std::nullopt : below(end, real_path);
        if (!name) continue;
        // First, since it takes memory.
        const auto shared_name = std::make_shared<const std::string>(*std::move(name));
        return open_in(i, *shared_name, now, gate, shared_name);
    }
    return outside(path, end);
}

Opened MediaFolders::open_absolute(const std::filesystem::path& path, Clock::time_point now, StorageGate* gate) {
    for (std::size_t i = 0; i < folders_.size(); ++i) {
        auto name = below(path.native(), folders_[i].path().native());
        if (!name) continue;
        const auto shared_name = std::make_shared<const std::string>(*std::move(name));
        Opened opened = open_in(i, *shared_name, now, gate, shared_name);
        if (is_none(opened, Reason::outside)) break;
        return opened;
    }
    return follow(path, now, gate);
}

/// Returns whether a failure is that of one folder, or of its storage: others may do better.
bool MediaFolders::is_of_a_folder(const posix::Failure& failure) {
    return failure.error != EMFILE && failure.error != ENFILE && failure.error != ENOMEM && failure.error != ENOSYS;
}

/// Opens a name below the first folder that has it. What keeps a folder from being looked at counts only if no later
/// one has the name: one dead disk must not stop the films of the others.
Opened MediaFolders::open_in_order(const std::string& name, Clock::time_point now, StorageGate* gate) {
    if (name.starts_with('/')) return open_absolute(name, now, gate);
    std::optional<Opened> first;
    std::exception_ptr obstacle;
    for (std::size_t i = 0; i < folders_.size(); ++i) {
        try {
            Opened opened = open_in(i, name, now, gate);
            if (is_none(opened, Reason::outside))
                opened = follow(std::filesystem::absolute(folders_[i].path()) / name, now, gate);
            if (!is_none(opened, Reason::absent)) return opened;
            if (!first) first = std::move(opened);
        } catch (const StorageBusy&) {
            if (!obstacle) obstacle = std::current_exception();
        } catch (const posix::FailureError& error) {
            if (!is_of_a_folder(error.failure())) throw;
            if (!obstacle) obstacle = std::current_exception();
        }
    }
    if (obstacle) std::rethrow_exception(obstacle);
    return *std::move(first);
}

/// Returns when the first of the folders was looked at that a name was looked for in, before it gave `file`.
MediaFolders::Clock::time_point MediaFolders::looked(const std::string& name, const MediaFile& file) const {
    Clock::time_point earliest = folders_[file.folder].looked();
    if (name.starts_with('/')) return earliest;
    for (std::size_t i = 0; i < file.folder; ++i) earliest = std::min(earliest, folders_[i].looked());
    return earliest;
}

void MediaFolders::forget_files_of_replaced_folders() {
    const auto count = [](std::uint64_t sum, const MediaFolder& folder) { return sum + folder.times_opened(); };
    const std::uint64_t times = std::accumulate(folders_.begin(), folders_.end(), std::uint64_t{0}, count);
    if (std::exchange(times_opened_, times) != times) kept_.forget_all();
}

/// Returns the file that was kept under a name and is still the same; nothing if there is none.
std::optional<MediaFile> MediaFolders::find_kept(const std::string& name, Clock::time_point now, StorageGate& gate) {
    const KeptFiles::Look kept{kept_, name, now};
    if (!kept.file()) return std::nullopt;
    try {
        if (is_kept_valid(*kept.file(), gate)) return *kept.file();
    } catch (const StorageBusy&) {
        // Another file system may have been mounted over one that will never answer.
        if (!folders_[kept.file()->folder].is_elsewhere()) throw;
    }
    kept_.forget(name);
    return std::nullopt;
}

Opened MediaFolders::open_or_reuse(const std::string& name, Clock::time_point now, StorageGate* gate) {
    if (!gate) return open_in_order(name, now, gate);
    if (auto kept = find_kept(name, now, *gate)) return *std::move(kept);
    // First, since it takes memory: an open film could only be closed here, where its device must not be touched.
    std::string kept_name = name;
    kept_.reserve();
    Opened opened = open_in_order(name, now, gate);
    forget_files_of_replaced_folders();
    const auto* const file = std::get_if<MediaFile>(&opened);
    // Until the folders are looked at again.
    if (file && is_to_be_kept(*file->fd))
        kept_.keep(std::move(kept_name), *file, looked(name, *file) + MediaFolder::look_interval);
    return opened;
}

Opened MediaFolders::open(const std::string& name, StorageGate* gate) {
    const std::lock_guard lock{mutex_};
    return open_or_reuse(name, Clock::now(), gate);
}

bool MediaFolders::take_unused(Clock::time_point now, Unused& unused) {
    bool is_any_left = kept_.take_old(now, unused.files);
    // A thread that holds the lock uses the folders, and may be waiting for their storage, or for another.
    const std::unique_lock lock{mutex_, std::try_to_lock};
    if (!lock) return true;
    for (MediaFolder& folder : folders_) {
        if (!folder.is_open()) continue;
        if (now - folder.used() < max_unused) {
            is_any_left = true;
            continue;
        }
        unused.folders.reserve(unused.folders.size() + 1);
        const auto fd = std::make_shared<posix::UniqueFd>();
        *fd = folder.take();
        unused.folders.push_back({fd, folder.device()});
    }
    return is_any_left;
}

void MediaFolders::take_files(std::vector<MediaFile>& files) { kept_.take_old(Clock::time_point::max(), files); }

void MediaFolders::check() {
    const std::lock_guard lock{mutex_};
    for (MediaFolder& folder : folders_) folder.check();
}

}  // namespace reelgate::media
