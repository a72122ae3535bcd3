// Owns the tests of offloading: which paths a web server can be told, and which requests it may be left.
// Does not test the answers: http_plan_test.cc does.
// SPDX-License-Identifier: MIT
#include "http/offload.h"

#include <boost/test/unit_test.hpp>

namespace reelgate::http {
namespace {

using namespace std::string_view_literals;

BOOST_AUTO_TEST_SUITE(http_offload)

// What is said of a name below the folder of videos

struct NameRow {
    std::string_view situation;
    std::string_view name;
    std::string_view x_sendfile = "(none)";
    std::string_view x_accel_redirect = "(none)";
};

constexpr NameRow names[] = {
    {"plain", "a.mp4", "/films/a.mp4", "/internal/a.mp4"},
    {"below_folders", "a/b/c.mp4", "/films/a/b/c.mp4", "/internal/a/b/c.mp4"},
    {"blank", "a b.mp4", "/films/a b.mp4", "/internal/a%20b.mp4"},
    {"what_means_something_in_a_uri", "a+b?c#d&e;f", "/films/a+b?c#d&e;f", "/internal/a%2Bb%3Fc%23d%26e%3Bf"},
    {"quotation_marks", "a\"'b", "/films/a\"'b", "/internal/a%22%27b"},
    {"backslash", "a\\b", "/films/a\\b", "/internal/a%5Cb"},
    {"percent_sign", "100%.mp4", "(none)", "/internal/100%25.mp4"},
    {"percent_encoding", "%2e%2e", "(none)", "/internal/%252e%252e"},
    {"blank_at_the_end", "a ", "(none)", "/internal/a%20"},
    {"two_bytes_of_utf_8", "\xc3\xa9", "/films/\xc3\xa9", "/internal/%C3%A9"},
    {"three_and_four_bytes", "\xe6\x98\xa0\xf0\x9f\x8e\xac", "/films/\xe6\x98\xa0\xf0\x9f\x8e\xac",
     "/internal/%E6%98%A0%F0%9F%8E%AC"},
    {"latin_1", "\xfc.mp4", "(none)", "/internal/%FC.mp4"},
    {"utf_8_cut_short", "a\xe6\x98", "(none)", "/internal/a%E6%98"},
    {"continuation_alone", "a\x98", "(none)", "/internal/a%98"},
    {"overlong_slash", "a\xc0\xaf", "(none)", "/internal/a%C0%AF"},
    {"overlong_in_three_bytes", "a\xe0\x9f\xbf", "(none)", "/internal/a%E0%9F%BF"},
    {"overlong_in_four_bytes", "a\xf0\x8f\xbf\xbf", "(none)", "/internal/a%F0%8F%BF%BF"},
    {"surrogate", "a\xed\xa0\x80", "(none)", "/internal/a%ED%A0%80"},
    {"last_before_surrogates", "a\xed\x9f\xbf", "/films/a\xed\x9f\xbf", "/internal/a%ED%9F%BF"},
    {"beyond_the_last_character", "a\xf4\x90\x80\x80", "(none)", "/internal/a%F4%90%80%80"},
    {"last_character", "a\xf4\x8f\xbf\xbf", "/films/a\xf4\x8f\xbf\xbf", "/internal/a%F4%8F%BF%BF"},
    {"three_dots_and_hidden", ".../.a", "/films/.../.a", "/internal/.../.a"},
    {"empty", ""},
    {"this_folder", "./a"},
    {"folder_above", "a/../b"},
    {"folder_above_at_the_end", "a/.."},
    {"two_slashes", "a//b"},
    {"slash_at_the_end", "a/"},
    {"absolute", "/etc/passwd"},
    {"line_feed", "a\nX-Other: b"},
    {"tab", "a\tb"},
    {"delete", "a\x7f"},
    {"nul", "a\0b"sv},
};

std::string value_of(const std::optional<OffloadField>& field, std::string_view name) {
    if (!field) return "(none)";
    BOOST_TEST(field->name == name);
    return field->value;
}

BOOST_AUTO_TEST_CASE(name_of_a_file) {
    for (const NameRow& row : names) {
        BOOST_TEST_CONTEXT(row.situation) {
            BOOST_TEST(value_of(x_sendfile("/films/" + std::string{row.name}), "X-Sendfile") == row.x_sendfile);
            BOOST_TEST(value_of(x_accel_redirect("/internal/", row.name), "X-Accel-Redirect") == row.x_accel_redirect);
        }
    }
}

BOOST_AUTO_TEST_CASE(folder_that_is_not_absolute) { BOOST_TEST(!x_sendfile("films/a.mp4").has_value()); }

// Which requests are left to the web server

struct RequestRow {
    std::string_view situation;
    Request request;
    bool x_sendfile = false;
    bool x_accel_redirect = false;
};

Request request_with(std::string range) { return {.method = "GET", .range = std::move(range)}; }

const RequestRow requests[] = {
    {"whole", {.method = "GET"}, true, true},
    {"no_content", {.method = "HEAD"}},
    {"from_a_position", request_with("bytes=0-"), true, true},
    {"between_two", request_with("bytes=5-9"), true, true},
    {"suffix", request_with("bytes=-9"), true, true},
    {"as_wide_as_63_bits", request_with("bytes=0-999999999999999999"), true, true},
    {"wider", request_with("bytes=0-1000000000000000000")},
    {"wider_at_the_beginning", request_with("bytes=0000000000000000000-9")},
    {"list", request_with("bytes=0-4,5-9")},
    {"list_of_one", request_with("bytes=0-4,")},
    {"white_space", request_with("bytes= 0-4")},
    {"capitals", request_with("Bytes=0-4")},
    {"no_hyphen", request_with("bytes=5")},
    {"hyphen_alone", request_with("bytes=-")},
    {"two_hyphens", request_with("bytes=0--5")},
    {"another_unit", request_with("items=0-4")},
    {"nothing", request_with("")},
    {"if_range", {.method = "GET", .range = "bytes=0-", .if_range = "\"x\""}, false, true},
    {"if_match", {.method = "GET", .if_match = "*"}},
    {"if_none_match", {.method = "GET", .if_none_match = "\"x\""}},
    {"if_modified_since", {.method = "GET", .if_modified_since = ""}},
    {"if_unmodified_since", {.method = "GET", .if_unmodified_since = ""}},
};

BOOST_AUTO_TEST_CASE(request_that_may_be_left_to_the_web_server) {
    for (const RequestRow& row : requests) {
        BOOST_TEST_CONTEXT(row.situation) {
            BOOST_TEST(may_be_offloaded(row.request, *x_sendfile("/films/a.mp4")) == row.x_sendfile);
            BOOST_TEST(may_be_offloaded(row.request, *x_accel_redirect("/i/", "a.mp4")) == row.x_accel_redirect);
        }
    }
}

BOOST_AUTO_TEST_CASE(invalid_range_that_a_web_server_may_reject) {
    const OffloadField lighttpd = *x_sendfile("/films/a.mp4"), nginx = *x_accel_redirect("/i/", "a.mp4");
    BOOST_TEST(may_be_rejected("bytes=7-1", lighttpd));
    BOOST_TEST(!may_be_rejected("bytes=7-1", nginx));
    for (const char* const range : {"bytes=-", "bytes=7-1,9-", "bytes=7-x", "items=7-1"})
        BOOST_TEST(!may_be_rejected(range, lighttpd), range);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::http
