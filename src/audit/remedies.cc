// Owns the commands that mend what an audit has found.
// SPDX-License-Identifier: MIT
#include "audit/remedies.h"

#include "catalog/row.h"
#include "posix/shell.h"

namespace reelgate::audit {

std::optional<Advice> advice_about(StrayContent content) {
    switch (content) {
        case StrayContent::media: break;
        case StrayContent::other:
            return Advice{"no row of the catalogue refers to it, and it is no media by its content",
                          "keep it elsewhere, or remove it"};
        case StrayContent::nothing:
            return Advice{"no row of the catalogue refers to it, and it is a link that leads nowhere", "remove it"};
        case StrayContent::hidden:
            return Advice{"no row of the catalogue refers to it, and its name is hidden: it is on its way, or in the "
                          "trash", "wait for it, or remove it"};
    }
    return std::nullopt;
}

std::string faststart_commands(const std::filesystem::path& film) {
    const auto out = film.parent_path() / (film.stem().native() + ".faststart" + film.extension().native());
    const std::string from = posix::shell_word(film.native()), to = posix::shell_word(out.native());
    return "`ffmpeg -i " + from + " -map 0 -c copy -movflags +faststart " + to + " && mv " + to + " " + from + "`";
}

std::string Commands::command(const std::string& words, const std::string& operand) const {
    if (!look_.options) return {};
    // A word that begins with a dash would be an option.
    return "`reelgate " + words + *look_.options + (operand.starts_with('-') ? " -- " : " ") +
           posix::shell_word(operand) + "`";
}

std::string Commands::add(const std::string& path) const { return command("add", path); }

std::string Commands::add_all() const {
    if (!look_.options) return {};
    std::string command = "`reelgate add" + *look_.options;
    for (const std::filesystem::path& folder : look_.videos)
        command.append(" ").append(posix::shell_word(folder.native()));
    return command + "`";
}

std::string Commands::replace(const std::string& id, const std::string& path) const {
    return command("add --replace --id=" + posix::shell_word(id), path.empty() ? "FILE" : path);
}

std::string Commands::remove(const std::string& id) const { return command("remove", id); }

std::string Commands::take_out(const std::string& id) const { return command("remove --keep-file", id); }

}  // namespace reelgate::audit
