// Owns the files that a folder of videos has opened a moment ago, by name: opening a film and closing it takes longer
// than all else that a short request does with it.
// Does not open, look at or close them.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "media/media_file.h"

namespace reelgate::media {

/// Keeps opened files for one thread; take_old() is for any. From a certain time on a file is not given out any more,
/// but still kept until it is taken to be closed, since closing may block on the device of the file.
class KeptFiles {
public:
    using Clock = std::chrono::steady_clock;

    /// A kept file that its thread looks at. Nobody takes it before this ends: its thread would be the last to have it
    /// otherwise, and close it.
    class Look {
    public:
        /// Looks at the file of that name, if there is one to be given out at `now`.
        Look(KeptFiles& files, std::string_view name, Clock::time_point now);
        Look(const Look&) = delete;
        Look& operator=(const Look&) = delete;
        ~Look();

        /// Returns the file; null if there is none.
        const MediaFile* file() const { return file_ ? &*file_ : nullptr; }

    private:
        KeptFiles& files_;
        std::optional<MediaFile> file_;
    };

    /// Limit on the files: popular films are few, and each that is kept costs a descriptor.
    static constexpr std::size_t max_files = 64;

    /// Makes room for one file more. Throws std::bad_alloc.
    void reserve();

    /// Keeps a file, to be given out until `end`; unless max_files others are kept already. Call reserve() before.
    void keep(std::string name, const MediaFile& file, Clock::time_point end) noexcept;

    /// Gives out no file of that name any more.
    void forget(std::string_view name);

    /// Gives out none of the files any more.
    void forget_all();

    /// Moves the files that are not given out any more at `now` to `taken`. Returns whether others are left. Throws
    /// before it has moved any.
    bool take_old(Clock::time_point now, std::vector<MediaFile>& taken);

private:
    struct Kept {
        std::string name;
        MediaFile file;
        Clock::time_point end;  ///< from then on it is not given out
    };

    std::mutex mutex_;
    std::vector<Kept> files_;                     // under mutex_
    const posix::UniqueFd* looked_at_ = nullptr;  // under mutex_: that of a Look; null: there is none
};

}  // namespace reelgate::media
