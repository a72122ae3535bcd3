// Owns the tests of JSON strings.
// SPDX-License-Identifier: MIT
#include "http/json.h"

#include <boost/test/unit_test.hpp>

namespace reelgate::http {
namespace {

struct Row {
    std::string_view name;
    std::string_view text;
    std::string_view quoted;
};

const Row rows[] = {
    {"empty", "", R"("")"},
    {"plain", "/mnt/nas", R"("/mnt/nas")"},
    {"quote_and_backslash", R"(a"b\c)", R"("a\"b\\c")"},
    {"controls", "\n\x1f", R"("\u000a\u001f")"},
    {"nul", {"\0", 1}, R"("\u0000")"},
    {"del", "\x7f", "\"\x7f\""},
    {"beyond_ascii", "Köln 🎬", "\"Köln 🎬\""},
    {"byte_that_is_not_utf8", "a\xffz", "\"a\xef\xbf\xbdz\""},
    {"character_that_is_cut_off", "\xc3", "\"\xef\xbf\xbd\""},
};

BOOST_AUTO_TEST_CASE(http_json) {
    for (const Row& row : rows)
        BOOST_TEST_CONTEXT(row.name) { BOOST_TEST(json_string(row.text) == row.quoted); }
}

}  // namespace
}  // namespace reelgate::http
