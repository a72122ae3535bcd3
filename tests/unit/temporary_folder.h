// Owns a folder for the files of one test, which goes with all that is in it at the end of its scope.
// Does not know what the files stand for.
// SPDX-License-Identifier: MIT
#pragma once

#include <stdlib.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <system_error>

#include "fail_test.h"


namespace reelgate {

/// A new folder below $TMPDIR, or /tmp. Every user may search it, since some tests become another one.
class TemporaryFolder {
public:
    TemporaryFolder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "reelgate-unit.XXXXXX").native();
        if (!mkdtemp(pattern.data())) fail_test("create", pattern);
        path_ = pattern;
        std::filesystem::permissions(path_, std::filesystem::perms{0755});
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    ~TemporaryFolder() {
        namespace fs = std::filesystem;
        std::error_code ignored;
        // A test may have taken rights away from its folders. Each is visited before it is entered.
        fs::permissions(path_, fs::perms::owner_all, fs::perm_options::add, ignored);
        for (fs::recursive_directory_iterator i{path_, ignored}, end; !ignored && i != end; i.increment(ignored))
            if (!i->is_symlink(ignored) && i->is_directory(ignored))
                fs::permissions(*i, fs::perms::owner_all, fs::perm_options::add, ignored);
        fs::remove_all(path_, ignored);
    }

    const std::filesystem::path& path() const { return path_; }

    std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

    /// Makes a file with this content, or replaces what it contains. Returns its path.
    std::filesystem::path write(std::string_view name, std::string_view content) const {
        const std::filesystem::path path = path_ / name;
        std::ofstream file{path, std::ios::binary | std::ios::trunc};
        if (!file.write(content.data(), static_cast<std::streamsize>(content.size())).flush())
            throw std::system_error{std::make_error_code(std::errc::io_error), "write " + path.native()};
        return path;
    }

    /// Makes a folder in it. Returns its path.
    std::filesystem::path make_folder(std::string_view name) const {
        std::filesystem::create_directory(path_ / name);
        return path_ / name;
    }

private:
    std::filesystem::path path_;
};

/// Reads a whole file.
inline std::string read_file(const std::filesystem::path& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

}  // namespace reelgate
