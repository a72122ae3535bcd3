// Owns the tests of putting a new file among the stored media: whole or not at all.
// Does not test that it is recorded: that is the catalogue's.
// SPDX-License-Identifier: MIT
#include "media/media_writer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <fstream>
#include <stdexcept>

#include "child_process.h"
#include "messages.h"
#include "position_coded.h"
#include "temporary_folder.h"

namespace reelgate::media {
namespace {

namespace fs = std::filesystem;

/// A source, and an empty folder to put it into.
struct Fixture {
    TemporaryFolder outer;
    fs::path folder = outer.make_folder("videos");
    std::string content = position_coded(100'003);
    fs::path source = outer.write("source.mp4", content);

    /// Lists what is in the folder, in alphabetical order.
    std::string listing() const {
        std::vector<std::string> names;
        for (const auto& entry : fs::directory_iterator{folder}) names.push_back(entry.path().filename());
        std::sort(names.begin(), names.end());
        std::string text;
        for (const std::string& name : names) text.append(text.empty() ? "" : " ").append(name);
        return text;
    }
};

std::string content_of(const fs::path& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

std::string refusal(const fs::path& folder) {
    return message_of<posix::FailureError>([&] { MediaWriter(folder / "film.mp4"); });
}

/// One that has begun.
struct Writer : MediaWriter {
    Writer(const fs::path& folder, const std::string& name) : MediaWriter(folder / name) { begin(); }
};

BOOST_FIXTURE_TEST_SUITE(media_writer, Fixture)

BOOST_AUTO_TEST_CASE(copied_published_and_kept) {
    {
        Writer writer{folder, "film.mp4"};
        BOOST_TEST(writer.path().native() == (folder / "film.mp4").native());
        BOOST_TEST(listing() == ".film.mp4.adding");
        BOOST_TEST(writer.copy_from(source, {}) == content.size());
        BOOST_TEST(listing() == ".film.mp4.adding");
        writer.publish();
        BOOST_TEST(listing() == ".film.mp4.adding film.mp4");
        writer.keep();
        BOOST_TEST(listing() == "film.mp4");
    }
    BOOST_TEST(listing() == "film.mp4");
    BOOST_TEST(read_file(folder / "film.mp4") == content);
    BOOST_TEST(read_file(source) == content);
}

BOOST_AUTO_TEST_CASE(empty_source) {
    outer.write("source.mp4", "");
    Writer writer{folder, "film.mp4"};
    BOOST_TEST(writer.copy_from(source, {}) == 0u);
    writer.publish();
    BOOST_TEST(fs::file_size(folder / "film.mp4") == 0u);
}

BOOST_AUTO_TEST_CASE(progress_ends_at_the_whole) {
    std::uint64_t latest = 0;
    bool grows = true, same_total = true;
    Writer writer{folder, "film.mp4"};
    writer.copy_from(source, [&](std::uint64_t copied, std::uint64_t total) {
        grows = grows && copied > latest;
        same_total = same_total && total == content.size();
        latest = copied;
    });
    BOOST_TEST(grows);
    BOOST_TEST(same_total);
    BOOST_TEST(latest == content.size());
}

// Thrown away: nothing stays behind

struct StepsRow {
    std::string_view name;
    bool copied = false;
    bool published = false;
};

constexpr StepsRow not_kept[] = {
    {.name = "after_its_beginning"},
    {.name = "after_copying", .copied = true},
    {.name = "after_publishing", .copied = true, .published = true},
};

BOOST_AUTO_TEST_CASE(thrown_away_unless_kept) {
    for (const StepsRow& row : not_kept) {
        BOOST_TEST_CONTEXT(row.name) {
            {
                Writer writer{folder, "film.mp4"};
                if (row.copied) writer.copy_from(source, {});
                if (row.published) writer.publish();
                BOOST_TEST(listing() == (row.published ? ".film.mp4.adding film.mp4" : ".film.mp4.adding"));
            }
            BOOST_TEST(listing() == "");
        }
    }
}

// Names that are taken

BOOST_AUTO_TEST_CASE(existing_name_is_refused) {
    outer.write("videos/film.mp4", "precious");
    const std::string message = refusal(folder);
    BOOST_TEST(contains(message, (folder / "film.mp4").native() + ": exists already"), message);
    BOOST_TEST(listing() == "film.mp4");
    BOOST_TEST(read_file(folder / "film.mp4") == "precious");
}

BOOST_AUTO_TEST_CASE(dangling_link_under_the_name_is_refused) {
    fs::create_symlink(outer / "elsewhere", folder / "film.mp4");
    BOOST_TEST(contains(refusal(folder), "exists already"));
    BOOST_TEST(!fs::exists(outer / "elsewhere"));
}

BOOST_AUTO_TEST_CASE(name_taken_while_copying_is_not_replaced) {
    {
        Writer writer{folder, "film.mp4"};
        writer.copy_from(source, {});
        outer.write("videos/film.mp4", "precious");
        const std::string message = message_of<posix::FailureError>([&] { writer.publish(); });
        BOOST_TEST(message == "create " + (folder / "film.mp4").native() + ": File exists");
    }
    BOOST_TEST(listing() == "film.mp4");
    BOOST_TEST(read_file(folder / "film.mp4") == "precious");
}

// File systems without hard links

// glibc makes link(2) of linkat(2) where the kernel has no other.
#ifdef SYS_link
constexpr auto link_number = SYS_link;
#else
constexpr auto link_number = SYS_linkat;
#endif

constexpr int errors_without_links[] = {EPERM, EOPNOTSUPP, EMLINK, ENOSYS};

BOOST_AUTO_TEST_CASE(file_system_without_hard_links) {
    for (const int error : errors_without_links) {
        BOOST_TEST_CONTEXT(posix::cause(error)) {
            const std::string text = in_child([&] {
                refuse_system_call(link_number, static_cast<unsigned>(error));
                std::string names;
                {
                    Writer writer{folder, "film.mp4"};
                    writer.copy_from(source, {});
                    writer.publish();
                    names = listing();
                    writer.keep();
                }
                { Writer thrown_away{folder, "2.mp4"}; thrown_away.publish(); }
                Writer late{folder, "3.mp4"};
                outer.write("videos/3.mp4", "precious");
                return names + "|" + listing() + "|" + message_of<posix::FailureError>([&] { late.publish(); });
            });
            BOOST_TEST(text == "film.mp4|.3.mp4.adding 3.mp4 film.mp4|create " + (folder / "3.mp4").native() +
                                   ": File exists");
            BOOST_TEST(read_file(folder / "film.mp4") == content);
            BOOST_TEST(read_file(folder / "3.mp4") == "precious");
            for (const char* const name : {"film.mp4", "3.mp4"}) fs::remove(folder / name);
        }
    }
}

// What a killed process left behind: the temporary name, or both

struct LeftRow {
    std::string_view name;
    bool has_content = false;
    bool is_published = false;
};

constexpr LeftRow left_behind[] = {
    {.name = "before_copying"},
    {.name = "while_copying", .has_content = true},
    {.name = "published", .has_content = true, .is_published = true},
    {.name = "published_without_a_byte", .is_published = true},
};

/// A further name shows that nothing is written into what was left: some answer may be sending it, or a row mean it.
BOOST_AUTO_TEST_CASE(leftover_of_a_dead_process_is_taken_over) {
    for (const LeftRow& row : left_behind) {
        BOOST_TEST_CONTEXT(row.name) {
            const std::string left = row.has_content ? content + "longer than the new one" : "";
            const fs::path adding = outer.write("videos/.film.mp4.adding", left);
            if (row.is_published) fs::create_hard_link(adding, folder / "film.mp4");
            if (row.has_content) fs::create_hard_link(adding, outer / "further");
            {
                MediaWriter writer{folder / "film.mp4"};
                BOOST_TEST(listing() == (row.is_published ? ".film.mp4.adding film.mp4" : ".film.mp4.adding"));
                writer.begin();
                BOOST_TEST(listing() == ".film.mp4.adding");
                writer.copy_from(source, {});
                writer.publish();
                writer.keep();
            }
            BOOST_TEST(listing() == "film.mp4");
            BOOST_TEST(read_file(folder / "film.mp4") == content);
            if (row.has_content) BOOST_TEST(read_file(outer / "further") == left);
            fs::remove(folder / "film.mp4");
            fs::remove(outer / "further");
        }
    }
}

BOOST_AUTO_TEST_CASE(leftover_stays_as_it_is_unless_begun) {
    const fs::path adding = outer.write("videos/.film.mp4.adding", "left");
    fs::create_hard_link(adding, folder / "film.mp4");
    { MediaWriter writer{folder / "film.mp4"}; }
    BOOST_TEST(listing() == ".film.mp4.adding film.mp4");
    BOOST_TEST(read_file(folder / "film.mp4") == "left");
}

BOOST_AUTO_TEST_CASE(nothing_stays_where_nothing_was_unless_begun) {
    { MediaWriter writer{folder / "film.mp4"}; }
    BOOST_TEST(listing() == "");
}

/// As after a film was replaced by rename: its old file still has the temporary name.
BOOST_AUTO_TEST_CASE(leftover_beside_another_file_is_no_reason_to_replace_that) {
    outer.write("videos/.film.mp4.adding", "left");
    outer.write("videos/film.mp4", "precious");
    BOOST_TEST(contains(refusal(folder), ": exists already"));
    BOOST_TEST(read_file(folder / "film.mp4") == "precious");
    fs::remove(folder / "film.mp4");
    MediaWriter writer{folder / "film.mp4"};
    outer.write("videos/film.mp4", "precious");
    BOOST_TEST(contains(message_of<posix::FailureError>([&] { writer.begin(); }), ": exists already"));
    BOOST_TEST(read_file(folder / "film.mp4") == "precious");
}

BOOST_AUTO_TEST_CASE(file_that_came_in_its_place_is_not_thrown_away) {
    {
        Writer writer{folder, "film.mp4"};
        writer.publish();
        outer.write("videos/new", "precious");
        fs::rename(folder / "new", folder / "film.mp4");
    }
    BOOST_TEST(listing() == "film.mp4");
    BOOST_TEST(read_file(folder / "film.mp4") == "precious");
}

// In the place of another file

BOOST_AUTO_TEST_CASE(new_version_takes_the_name_at_once) {
    outer.write("videos/film.mp4", "old");
    {
        MediaWriter writer{folder / "film.mp4", Existing::replace};
        writer.begin();
        writer.copy_from(source, {});
        BOOST_TEST(content_of(folder / "film.mp4") == "old");
        BOOST_TEST(listing() == ".film.mp4.adding film.mp4");
        writer.publish();
        BOOST_TEST(content_of(folder / "film.mp4") == content);
        // Not kept: what it has replaced is gone, so it stays.
    }
    BOOST_TEST(content_of(folder / "film.mp4") == content);
    BOOST_TEST(listing() == "film.mp4");
}

BOOST_AUTO_TEST_CASE(old_version_stays_unless_the_new_one_is_published) {
    outer.write("videos/film.mp4", "old");
    {
        MediaWriter writer{folder / "film.mp4", Existing::replace};
        writer.begin();
        writer.copy_from(source, {});
    }
    BOOST_TEST(content_of(folder / "film.mp4") == "old");
    BOOST_TEST(listing() == "film.mp4");
}

/// A process that was killed after it had recorded the film, and before its temporary name was gone.
BOOST_AUTO_TEST_CASE(film_with_a_leftover_name_is_replaced_and_not_removed) {
    outer.write("videos/film.mp4", "old");
    fs::create_hard_link(folder / "film.mp4", folder / ".film.mp4.adding");
    {
        MediaWriter writer{folder / "film.mp4", Existing::replace};
        writer.begin();
        BOOST_TEST(content_of(folder / "film.mp4") == "old");
    }
    BOOST_TEST(listing() == "film.mp4");
}

// Hard links

BOOST_AUTO_TEST_CASE(link_in_place_of_a_copy) {
    {
        Writer writer{folder, "film.mp4"};
        BOOST_TEST(writer.link_from(source));
        BOOST_TEST(listing() == ".film.mp4.adding");
        writer.publish();
        writer.keep();
    }
    BOOST_TEST(listing() == "film.mp4");
    BOOST_TEST(fs::equivalent(folder / "film.mp4", source));
}

BOOST_AUTO_TEST_CASE(link_that_is_not_kept_leaves_the_source) {
    {
        Writer writer{folder, "film.mp4"};
        BOOST_TEST(writer.link_from(source));
        writer.publish();
    }
    BOOST_TEST(listing() == "");
    BOOST_TEST(content_of(source) == content);
}

BOOST_AUTO_TEST_CASE(link_to_the_file_that_it_would_replace) {
    fs::create_hard_link(source, folder / "film.mp4");
    {
        MediaWriter writer{folder / "film.mp4", Existing::replace};
        writer.begin();
        BOOST_TEST(writer.link_from(source));
        writer.publish();
        writer.keep();
    }
    BOOST_TEST(listing() == "film.mp4");
    BOOST_TEST(fs::equivalent(folder / "film.mp4", source));
}

BOOST_AUTO_TEST_CASE(source_that_cannot_be_linked_is_copied) {
    const std::string text = in_child([&] {
        enter_own_mounts();
        mount_on(folder);
        Writer writer{folder, "film.mp4"};
        std::string found = writer.link_from(source) ? "linked" : "not linked";
        writer.copy_from(source, {});
        writer.publish();
        writer.keep();
        return found + ", " + listing();
    });
    BOOST_TEST(text == "not linked, film.mp4");
}

// For the server

BOOST_AUTO_TEST_CASE(file_is_readable_whatever_the_umask_is) {
    const mode_t before = umask(0077);
    {
        Writer writer{folder, "film.mp4"};
        writer.publish();
        writer.keep();
    }
    umask(before);
    struct stat status;
    BOOST_REQUIRE(stat((folder / "film.mp4").c_str(), &status) == 0);
    BOOST_TEST((status.st_mode & 07777) == 0644u);
}

BOOST_AUTO_TEST_CASE(second_writer_of_a_name_is_refused) {
    {
        Writer first{folder, "film.mp4"};
        first.copy_from(source, {});
        const std::string message = refusal(folder);
        BOOST_TEST(contains(message, ".film.mp4.adding: another process is writing it"), message);
        const std::string in_another_process = in_child([&] { return refusal(folder); });
        BOOST_TEST(contains(in_another_process, "another process is writing it"), in_another_process);
        BOOST_TEST(read_file(folder / ".film.mp4.adding") == content);
        first.publish();
        BOOST_TEST(contains(refusal(folder), "another process is writing it"));
        first.keep();
        BOOST_TEST(contains(refusal(folder), ": exists already"));
    }
    BOOST_TEST(read_file(folder / "film.mp4") == content);
}

BOOST_AUTO_TEST_CASE(two_names_at_once) {
    Writer one{folder, "1.mp4"};
    Writer two{folder, "2.mp4"};
    BOOST_TEST(listing() == ".1.mp4.adding .2.mp4.adding");
}

BOOST_AUTO_TEST_CASE(symbolic_link_under_the_temporary_name_is_not_followed) {
    const fs::path target = outer.write("elsewhere", "precious");
    fs::create_symlink(target, folder / ".film.mp4.adding");
    BOOST_TEST(contains(refusal(folder), ".film.mp4.adding: "));
    BOOST_TEST(read_file(target) == "precious");
}

/// In a child, since a FIFO that is waited for would otherwise hold up all tests.
BOOST_AUTO_TEST_CASE(fifo_under_the_temporary_name_is_refused) {
    const fs::path fifo = folder / ".film.mp4.adding";
    BOOST_REQUIRE(mkfifo(fifo.c_str(), 0666) == 0);
    const std::string without_reader = in_child([&] { return refusal(folder); });
    BOOST_TEST(contains(without_reader, fifo.native() + ": No such device or address"), without_reader);
    const std::string with_reader = in_child([&] {
        const posix::UniqueFd reader{open(fifo.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)};
        return refusal(folder);
    });
    BOOST_TEST(contains(with_reader, fifo.native() + ": not a regular file; remove it"), with_reader);
    BOOST_TEST(fs::is_fifo(fifo));
}

BOOST_AUTO_TEST_CASE(folder_that_is_missing) {
    const std::string message = refusal(outer / "missing");
    BOOST_TEST(message == "create " + (outer / "missing/.film.mp4.adding").native() + ": No such file or directory");
}

// Sources

struct SourceRow {
    std::string_view name;
    std::string source;
    std::string_view expected;
};

const SourceRow sources[] = {
    {.name = "missing", .source = "missing", .expected = "No such file or directory"},
    {.name = "folder", .source = "videos", .expected = "not a regular file"},
    {.name = "fifo", .source = "fifo", .expected = "not a regular file"},
    {.name = "device", .source = "/dev/zero", .expected = "not a regular file"},
};

/// In a child, since a source that blocks would otherwise hold up all tests.
BOOST_AUTO_TEST_CASE(source_that_is_no_regular_file) {
    BOOST_REQUIRE(mkfifo((outer / "fifo").c_str(), 0666) == 0);
    for (const SourceRow& row : sources) {
        BOOST_TEST_CONTEXT(row.name) {
            const std::string text = in_child([&] {
                Writer writer{folder, "film.mp4"};
                return message_of<posix::FailureError>([&] { writer.copy_from(outer / row.source, {}); });
            });
            BOOST_TEST(contains(text, (outer / row.source).native() + ": " + std::string{row.expected}), text);
            BOOST_TEST(listing() == "");
        }
    }
}

BOOST_AUTO_TEST_CASE(source_that_is_still_growing) {
    {
        Writer writer{folder, "film.mp4"};
        bool grown = false;
        const std::string message = message_of<posix::FailureError>([&] {
            writer.copy_from(source, [&](std::uint64_t, std::uint64_t) {
                if (!std::exchange(grown, true)) std::ofstream{source, std::ios::app} << "more";
            });
        });
        const std::string expected = ": changed while it was copied (100003 bytes before, 100007 copied)";
        BOOST_TEST(contains(message, source.native() + expected), message);
    }
    BOOST_TEST(listing() == "");
}

BOOST_AUTO_TEST_CASE(source_that_may_not_be_read) {
    fs::permissions(source, fs::perms::none);
    fs::permissions(folder, fs::perms::all);
    const std::string text = as_ordinary_user([&] {
        Writer writer{folder, "film.mp4"};
        return message_of<posix::FailureError>([&] { writer.copy_from(source, {}); });
    });
    BOOST_TEST(text == "open " + source.native() + ": Permission denied");
    BOOST_TEST(listing() == "");
}

BOOST_AUTO_TEST_CASE(folder_that_may_not_be_written) {
    fs::permissions(folder, fs::perms{0555});
    const std::string text = as_ordinary_user([&] { return refusal(folder); });
    BOOST_TEST(text == "create " + (folder / ".film.mp4.adding").native() + ": Permission denied");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::media
