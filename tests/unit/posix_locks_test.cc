// Owns the tests of who is found to have a file locked.
// Does not test SQLite's locks: media_catalog_test.cc does.
// SPDX-License-Identifier: MIT
#include "posix/locks.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "child_process.h"
#include "fail_test.h"
#include "temporary_folder.h"

namespace reelgate::posix {
namespace {

/// Another process that has the middle of a file locked, until its end.
class Holder {
public:
    Holder(const std::filesystem::path& path, short kind, off_t first = 10) {
        Pipe ready;
        child_ = fork();
        if (child_ < 0) fail_test("fork", "test");
        if (child_ == 0) {
            alarm(child_timeout);
            const int fd = ::open(path.c_str(), O_RDWR);
            struct flock lock{.l_type = kind, .l_whence = SEEK_SET, .l_start = first, .l_len = 5, .l_pid = 0};
            end_.write_end = UniqueFd{};
            if (fcntl(fd, F_SETLK, &lock) == 0) write_all(ready.write_end.get(), "!");
            ready.write_end = UniqueFd{};
            read_all(end_.read_end.get());
            _exit(0);
        }
        ready.write_end = UniqueFd{};
        BOOST_REQUIRE(read_all(ready.read_end.get()) == "!");
    }
    Holder(const Holder&) = delete;
    Holder& operator=(const Holder&) = delete;
    ~Holder() {
        end_.write_end = UniqueFd{};
        waitpid(child_, nullptr, 0);
    }

    int process() const { return child_; }

private:
    Pipe end_;
    pid_t child_ = -1;
};

struct Fixture {
    TemporaryFolder folder;
    std::filesystem::path file = folder.write("file", "");
    std::filesystem::path other = folder.write("other", "");
};

BOOST_FIXTURE_TEST_SUITE(posix_locks, Fixture)

BOOST_AUTO_TEST_CASE(nobody_has_it_locked) {
    BOOST_TEST(!lock_holder(file).has_value());
    BOOST_TEST(!lock_holder(folder / "missing").has_value());
}

BOOST_AUTO_TEST_CASE(writer_and_reader) {
    for (const short kind : {F_WRLCK, F_RDLCK}) {
        const Holder holder{file, kind};
        const auto found = lock_holder(file);
        BOOST_REQUIRE(found.has_value());
        BOOST_TEST(found->process == holder.process());
        BOOST_TEST(found->is_writer == (kind == F_WRLCK));
        BOOST_TEST(found->name == "unit");
        BOOST_TEST(!lock_holder(other).has_value());
    }
    BOOST_TEST(!lock_holder(file).has_value());
}

BOOST_AUTO_TEST_CASE(writer_comes_before_readers) {
    const Holder first{file, F_RDLCK};
    const Holder writer{file, F_WRLCK, 20};
    const Holder last{file, F_RDLCK};
    BOOST_TEST(lock_holder(file).value().process == writer.process());
}

BOOST_AUTO_TEST_CASE(own_locks_do_not_count) {
    const UniqueFd fd{::open(file.c_str(), O_RDWR | O_CLOEXEC)};
    struct flock lock{.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 1, .l_pid = 0};
    BOOST_REQUIRE(fcntl(fd.get(), F_SETLK, &lock) == 0);
    BOOST_TEST(!lock_holder(file).has_value());
    const Holder reader{file, F_RDLCK};
    BOOST_TEST(lock_holder(file).value().process == reader.process());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::posix
