// Owns adding a new file to the stored media, whole or not at all.
// Does not record it: the catalogue does.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "posix/unique_fd.h"

namespace reelgate::media {

/// Called with the bytes copied so far, and the total.
using Progress = std::function<void(std::uint64_t copied, std::uint64_t total)>;

/// What to do with a file that has the name already.
enum class Existing {
    refuse,   ///< leave it there, and report it
    replace,  ///< take its place: transfers under way go on with the old file
};

/// A file on its way into a folder of videos. It has a temporary name, ".NAME.adding", and a lock on it while this
/// lives. publish() gives it its own name in addition, and keep() removes the temporary one. The leftovers of a killed
/// process can thus be recognised: the temporary name without a lock, and `NAME` if it is the same file.
/// Throws posix::FailureError.
class MediaWriter {
public:
    /// Takes the temporary name beside `path`, and leaves an existing file there untouched. Refuses if another process
    /// is writing it, or if `path` exists already and is not to be replaced, unless a killed process left it behind.
    explicit MediaWriter(std::filesystem::path path, Existing existing = Existing::refuse);
    MediaWriter(const MediaWriter&) = delete;
    MediaWriter& operator=(const MediaWriter&) = delete;
    /// Removes the file unless keep() was called. Leftovers of another process stay, unless begin() was called.
    ~MediaWriter();

    /// Removes the leftovers of a killed process, under both names, and begins with a new file: leftovers are never
    /// written to. The file is readable for everybody, and belongs to the folder's owner if that can be: the server
    /// may be another user. Before calling it, but after the constructor, which keeps other processes out, make sure
    /// that the file of that name is not recorded, or is to be replaced.
    void begin();

    /// Copies the regular file `source`, and waits until its bytes are on the disk. Refuses a source whose length
    /// changes meanwhile. Returns its length in bytes.
    std::uint64_t copy_from(const std::filesystem::path& source, const Progress& progress);

    /// Makes it a hard link to `source` in place of a copy. Returns false if that cannot be: the file is as before.
    bool link_from(const std::filesystem::path& source);

    /// Gives the file its name, replacing another only if that was asked for, and waits until the folder is on the
    /// disk. The temporary name of a new file stays, except on a file system without hard links.
    void publish();

    /// Makes the published file stay, under its own name alone. Call it once the file is recorded.
    void keep();

    /// Returns the path of the file after publish().
    const std::filesystem::path& path() const { return path_; }

private:
    enum class Stage {
        locked,     ///< the temporary name is ours; its file may be another's
        begun,      ///< our own file has the temporary name
        published,  ///< and its own name as well
        kept,       ///< and keeps only its own name
    };

    void refuse_if_taken() const;
    void publish_new();
    void remove_if_ours(const std::filesystem::path& path) const;

    const std::filesystem::path path_;
    const std::filesystem::path temporary_;
    const Existing existing_;
    posix::UniqueFd fd_;
    Stage stage_ = Stage::locked;
};

}  // namespace reelgate::media
