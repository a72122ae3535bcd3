// Owns the tests of the lock on a folder: with another process, and with none.
// SPDX-License-Identifier: MIT
#include "posix/folder_lock.h"

#include <fcntl.h>

#include <boost/test/unit_test.hpp>

#include "child_process.h"
#include "temporary_folder.h"

namespace reelgate::posix {
namespace {

constexpr std::chrono::seconds at_once{0};

UniqueFd opened(const TemporaryFolder& folder) {
    return UniqueFd{open(folder.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
}

/// Tells whether another process could have it now.
bool is_free(const TemporaryFolder& folder) {
    return in_child([&] {
        const UniqueFd fd = opened(folder);
        return std::string{FolderLock{fd.get(), at_once}.is_refused() ? "refused" : "free"};
    }) == "free";
}

BOOST_AUTO_TEST_SUITE(posix_folder_lock)

BOOST_AUTO_TEST_CASE(another_is_refused_until_the_end_of_the_scope) {
    const TemporaryFolder folder;
    const UniqueFd fd = opened(folder);
    {
        const FolderLock lock{fd.get(), at_once};
        BOOST_TEST(!lock.is_refused());
        BOOST_TEST(!is_free(folder));
    }
    BOOST_TEST(is_free(folder));
    BOOST_TEST(std::filesystem::is_empty(folder.path()));
}

BOOST_AUTO_TEST_CASE(one_that_was_refused_gives_nothing_up) {
    const TemporaryFolder folder;
    const UniqueFd fd = opened(folder), other = opened(folder);
    const FolderLock lock{fd.get(), at_once};
    { BOOST_TEST(FolderLock(other.get(), at_once).is_refused()); }
    BOOST_TEST(!is_free(folder));
}

BOOST_AUTO_TEST_CASE(is_waited_for_until_its_holder_ends) {
    const TemporaryFolder folder;
    Pipe said, wanted;
    const pid_t holder = fork();
    BOOST_TEST_REQUIRE(holder >= 0);
    if (holder == 0) {
        alarm(child_timeout);
        wanted.write_end = UniqueFd{};
        const UniqueFd fd = opened(folder);
        const FolderLock lock{fd.get(), at_once};
        write_all(said.write_end.get(), "locked");
        read_all(wanted.read_end.get());
        _exit(0);  // as one that is killed: nothing gives it up but its end
    }
    char byte;
    BOOST_TEST(read(said.read_end.get(), &byte, 1) == 1);
    const UniqueFd fd = opened(folder);
    BOOST_TEST(FolderLock(fd.get(), at_once).is_refused());
    wanted.write_end = UniqueFd{};
    BOOST_TEST(!FolderLock(fd.get(), std::chrono::seconds{child_timeout}).is_refused());
    waitpid(holder, nullptr, 0);
}

BOOST_AUTO_TEST_CASE(no_folder_is_done_without) { BOOST_TEST(!FolderLock(-1, at_once).is_refused()); }

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::posix
