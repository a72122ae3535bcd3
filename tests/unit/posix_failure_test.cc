// Owns the tests of a failure's text.
// SPDX-License-Identifier: MIT
#include "posix/failure.h"

#include <boost/test/unit_test.hpp>

#include <cerrno>

namespace reelgate::posix {
namespace {

struct TextRow {
    std::string_view situation;
    Failure failure;
    std::string_view text;
};

const TextRow rows[] = {
    {"nothing", {}, ""},
    {"all", {"open", "/a", "why", "remedy", EACCES}, "open: /a: why; remedy"},
    {"no_object", {"open", {}, "why", "remedy"}, "open: why; remedy"},
    {"no_operation", {{}, "/a", "why", "remedy"}, "/a: why; remedy"},
    {"no_remedy", {"open", "/a", "why"}, "open: /a: why"},
    {"cause_alone", {{}, {}, "why"}, "why"},
    {"remedy_alone", {{}, {}, {}, "remedy"}, "remedy"},
    {"operation_and_remedy", {"open", {}, {}, "remedy"}, "open; remedy"},
};

BOOST_AUTO_TEST_CASE(posix_failure) {
    for (const TextRow& row : rows) {
        BOOST_TEST_CONTEXT(row.situation) {
            BOOST_TEST(text_of(row.failure) == row.text);
            BOOST_TEST(FailureError{row.failure}.what() == row.text);
        }
    }
}

}  // namespace
}  // namespace reelgate::posix
