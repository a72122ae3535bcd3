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

/// A file on its way into the folder of videos. It has a temporary name, ".NAME.adding", until publish(); one that
/// was left behind by a killed process is taken over and overwritten by the next for the same name.
/// Errors are thrown as std::system_error, or std::runtime_error where no system call failed.
class MediaWriter {
public:
    /// Takes the temporary name; refuses when `name` exists already, or another process is writing it.
    MediaWriter(const std::filesystem::path& folder, const std::string& name);
    MediaWriter(const MediaWriter&) = delete;
    MediaWriter& operator=(const MediaWriter&) = delete;
    /// Removes the file, under whichever name it has, unless keep() was called.
    ~MediaWriter();

    /// Copies the regular file `source` and waits until its bytes are on the disk. Refuses a source whose length
    /// changed meanwhile. Returns its length in bytes.
    std::uint64_t copy_from(const std::filesystem::path& source, const Progress& progress);

    /// Gives the file its name, never replacing another, and waits until the folder is on the disk.
    void publish();

    /// Makes the published file stay: to be called once it is recorded.
    void keep() { kept_ = true; }

    /// The path that the file has once it is published.
    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
    std::filesystem::path temporary_;
    posix::UniqueFd fd_;
    bool published_ = false;
    bool kept_ = false;
};

}  // namespace reelgate::media
