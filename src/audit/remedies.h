// Owns the commands that mend what an audit has found.
// Does not run any, and does not say what is wrong.
// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "audit/evidence.h"

namespace reelgate::audit {

/// What to say of a file without a row that is not to be recorded.
struct Advice {
    std::string_view cause;
    std::string_view remedy;
};

/// Returns nothing for media.
std::optional<Advice> advice_about(StrayContent content);

/// Returns the commands that move `moov` to the front of a film. Without -map 0 ffmpeg would keep only one track of
/// each kind.
std::string faststart_commands(const std::filesystem::path& film);

/// The commands of reelgate that change the catalogue of an audit, each between grave accents; empty if its table is
/// another application's, which they cannot change. Paths are as the options of the audit have them.
class Commands {
public:
    /// Takes the look, which must outlive this.
    explicit Commands(const FirstLook& look) : look_(look) {}

    /// Records a file.
    std::string add(const std::string& path) const;

    /// Records all media below the folders.
    std::string add_all() const;

    /// Puts a file in the place of the one of a video.
    std::string replace(const std::string& id, const std::string& path) const;

    /// Takes a video out, and removes its file.
    std::string remove(const std::string& id) const;

    /// Takes a video out, and leaves its file.
    std::string take_out(const std::string& id) const;

private:
    std::string command(const std::string& words, const std::string& operand) const;

    const FirstLook& look_;
};

}  // namespace reelgate::audit
