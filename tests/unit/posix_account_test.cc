// Owns the tests of users: their names, who we are, and becoming somebody else.
// Does not test what they may do: posix_access_test.cc does.
// SPDX-License-Identifier: MIT
#include "posix/account.h"

#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "child_process.h"
#include "messages.h"

namespace reelgate::posix {
namespace {

/// A number that nobody has: the last one before "no change" of chown(2).
constexpr uid_t unused = 4'294'967'294;

BOOST_AUTO_TEST_SUITE(posix_account)

BOOST_AUTO_TEST_CASE(user_by_name_and_id) {
    const std::string text = in_child([] { return become_ordinary_user(), user(); });
    if (geteuid() == 0) BOOST_TEST(text == "user nobody (id 65534; groups nogroup)");
    else BOOST_TEST(contains(text, "(id " + std::to_string(geteuid()) + "; groups "), text);
}

BOOST_AUTO_TEST_CASE(number_for_who_has_no_name) {
    BOOST_TEST(user_name(0) == "root");
    BOOST_TEST(group_name(0) == "root");
    BOOST_TEST(user_name(unused) == "4294967294");
    BOOST_TEST(group_name(unused) == "4294967294");
}

BOOST_AUTO_TEST_CASE(account_that_is_there_and_one_that_is_not) {
    const auto found = find_user("nobody");
    BOOST_REQUIRE(found.has_value());
    BOOST_TEST(found->name == "nobody");
    BOOST_TEST(found->id == nobody);
    BOOST_TEST(found->group == nobody);
    BOOST_TEST(!find_user("no-such-user").has_value());
}

BOOST_AUTO_TEST_CASE(root_becomes_another_for_good,
                     *boost::unit_test::precondition([](auto) { return geteuid() == 0; })) {
    const std::string text = in_child([] {
        become(find_user("nobody").value());
        const std::string failure = message_of<FailureError>([] { become({"root", 0, 0}); });
        return user() + "; " + failure;
    });
    BOOST_TEST(text == "user nobody (id 65534; groups nogroup); become user root: Operation not permitted");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::posix
