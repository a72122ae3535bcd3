// Owns putting a new file among the stored media, so that it is there whole or not at all.
// Does not record it: that is the catalogue's.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "posix/unique_fd.h"

namespace reelgate::media {

/// Is told the bytes copied so far, and those to be copied in all.
using Progress = std::function<void(std::uint64_t copied, std::uint64_t total)>;

/// A file on its way into the folder of videos. It has a temporary name, ".NAME.adding", and a lock on it until this
/// ends. publish() gives it its name beside the temporary one, which keep() takes away. So what a killed process left
/// behind is known again: the temporary name without a lock, and `NAME` if it is the same file.
/// Errors are thrown as std::system_error, or std::runtime_error where no system call failed.
class MediaWriter {
public:
    /// Takes the temporary name, and leaves what is there untouched; refuses when `name` exists already, unless a killed
    /// process left it behind, or when another process is writing it.
    MediaWriter(const std::filesystem::path& folder, const std::string& name);
    MediaWriter(const MediaWriter&) = delete;
    MediaWriter& operator=(const MediaWriter&) = delete;
    /// Removes the file unless keep() was called; what another process left stays, unless begin() took it.
    ~MediaWriter();

    /// Removes what a killed process left behind, under both names, and begins with a new file: what was left is never
    /// written to. Call it once `name` is known not to be recorded: ask for that after the constructor, which keeps
    /// other processes out.
    void begin();

    /// Copies the regular file `source` and waits until its bytes are on the disk. Refuses a source whose length
    /// changed meanwhile. Returns its length in bytes.
    std::uint64_t copy_from(const std::filesystem::path& source, const Progress& progress);

    /// Gives the file its name, never replacing another, and waits until the folder is on the disk. The temporary name
    /// stays, except on a file system without hard links.
    void publish();

    /// Makes the published file stay, under its own name alone: to be called once it is recorded.
    void keep();

    /// The path that the file has once it is published.
    const std::filesystem::path& path() const { return path_; }

private:
    enum class Stage {
        locked,     ///< the temporary name is ours; what it stands for may be another's
        begun,      ///< a file of our own has it
        published,  ///< and its own name
        kept,       ///< which it keeps
    };

    void refuse_if_taken() const;
    void remove_if_ours(const std::filesystem::path& path) const;

    std::filesystem::path path_;
    std::filesystem::path temporary_;
    posix::UniqueFd fd_;
    Stage stage_ = Stage::locked;
};

}  // namespace reelgate::media
