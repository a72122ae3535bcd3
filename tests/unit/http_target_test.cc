// Owns the tests of request targets: which of them name a video, and which one.
// Does not test whether such a video exists.
// SPDX-License-Identifier: MIT
#include "http/target.h"

#include <boost/test/unit_test.hpp>

namespace reelgate::http {
namespace {

constexpr std::string_view default_prefix = "/api/stream/";

std::string id_in(std::string_view target, std::string_view prefix = default_prefix) {
    return video_id(target, prefix).value_or("(none)");
}

struct TargetRow {
    std::string_view name;
    std::string_view target;
    std::string_view expected = "(none)";
    std::string_view prefix = default_prefix;
};

void check(const TargetRow& row) {
    BOOST_TEST_CONTEXT(row.name << ": " << row.target) { BOOST_TEST(id_in(row.target, row.prefix) == row.expected); }
}

BOOST_AUTO_TEST_SUITE(http_target)

// RFC 3986 §2.3: the characters of an id

struct IdRow {
    std::string_view name;
    std::string_view id;
    bool expected = false;
};

constexpr IdRow ids[] = {
    {.name = "every_letter_and_digit", .id = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
     .expected = true},
    {.name = "every_mark", .id = "-._~", .expected = true},
    {.name = "one_character", .id = "x", .expected = true},
    {.name = "this_folder", .id = "."},
    {.name = "folder_above", .id = ".."},
    {.name = "three_dots", .id = "...", .expected = true},
    {.name = "empty", .id = ""},
    {.name = "slash", .id = "a/b"},
    {.name = "backslash", .id = "a\\b"},
    {.name = "space", .id = "a b"},
    {.name = "percent_sign", .id = "a%20"},
    {.name = "plus_sign", .id = "a+b"},
    {.name = "colon", .id = "a:b"},
    {.name = "quotation_mark", .id = "a\"b"},
    {.name = "character_before_the_digits", .id = "a/"},
    {.name = "character_before_the_capitals", .id = "a@"},
    {.name = "character_after_the_capitals", .id = "a["},
    {.name = "character_before_the_small_letters", .id = "a`"},
    {.name = "character_after_the_small_letters", .id = "a{"},
    {.name = "line_feed_at_the_end", .id = "a\n"},
    {.name = "utf_8", .id = "\xc3\xa9"},
    {.name = "high_byte", .id = "\xff"},
    {.name = "nul", .id = {"a\0b", 3}},
};

BOOST_AUTO_TEST_CASE(id_has_unreserved_characters_only) {
    for (const IdRow& row : ids) BOOST_TEST_CONTEXT(row.name) { BOOST_TEST(is_video_id(row.id) == row.expected); }
}

struct LengthRow {
    std::size_t length = 0;
    bool expected = false;
};

constexpr LengthRow lengths[] = {
    {.length = 0}, {.length = 1, .expected = true}, {.length = 127, .expected = true},
    {.length = 128, .expected = true}, {.length = 129}, {.length = 300},
};

BOOST_AUTO_TEST_CASE(id_has_128_characters_at_the_most) {
    for (const LengthRow& row : lengths) {
        BOOST_TEST_CONTEXT(row.length << " characters") {
            const std::string id(row.length, 'x');
            BOOST_TEST(is_video_id(id) == row.expected);
            BOOST_TEST(video_id(std::string{default_prefix} + id, default_prefix).has_value() == row.expected);
        }
    }
}

BOOST_AUTO_TEST_CASE(characters_are_counted_after_decoding) {
    std::string target{default_prefix};
    for (int i = 0; i < 128; ++i) target += "%78";
    BOOST_TEST(id_in(target) == std::string(128, 'x'));
    BOOST_TEST(id_in(target + "%78") == "(none)");
}

// RFC 3986 §2.1: percent-encoding

constexpr TargetRow encoded[] = {
    {.name = "nothing_encoded", .target = "/api/stream/clip-1_a.b~c", .expected = "clip-1_a.b~c"},
    {.name = "small_hexadecimal", .target = "/api/stream/%7ex", .expected = "~x"},
    {.name = "capital_hexadecimal", .target = "/api/stream/%7Ex", .expected = "~x"},
    {.name = "every_character_encoded", .target = "/api/stream/%61%62%63", .expected = "abc"},
    {.name = "prefix_encoded", .target = "/%61pi/stream%2Fabc", .expected = "abc"},
    {.name = "encoded_once_more", .target = "/api/stream/%2561"},
    {.name = "encoded_slash", .target = "/api/stream/a%2Fb"},
    {.name = "encoded_slash_small", .target = "/api/stream/a%2fb"},
    {.name = "encoded_parent_folder", .target = "/api/stream/%2e%2e%2fetc"},
    {.name = "encoded_backslash", .target = "/api/stream/a%5Cb"},
    {.name = "encoded_nul", .target = "/api/stream/a%00"},
    {.name = "encoded_nul_first", .target = "/api/stream/%00a"},
    {.name = "encoded_line_feed", .target = "/api/stream/a%0A"},
    {.name = "encoded_question_mark", .target = "/api/stream/a%3Fb"},
    {.name = "encoded_utf_8", .target = "/api/stream/%C3%A9"},
    {.name = "percent_sign_last", .target = "/api/stream/a%"},
    {.name = "one_digit_after_percent_sign", .target = "/api/stream/a%4"},
    {.name = "cut_off_by_the_query", .target = "/api/stream/a%4?1"},
    {.name = "no_digit_after_percent_sign", .target = "/api/stream/a%zz"},
    {.name = "second_digit_wrong", .target = "/api/stream/a%4g"},
    {.name = "sign_for_a_digit", .target = "/api/stream/a%+1"},
    {.name = "plus_is_no_space", .target = "/api/stream/a+b"},
};

BOOST_AUTO_TEST_CASE(target_is_decoded_once) {
    for (const TargetRow& row : encoded) check(row);
}

BOOST_AUTO_TEST_CASE(digits_behind_the_end_are_not_read) {
    constexpr std::string_view longer = "/api/stream/a%411";
    BOOST_TEST(id_in(longer) == "aA1");
    BOOST_TEST(id_in(longer.substr(0, longer.size() - 1)) == "aA");
    BOOST_TEST(id_in(longer.substr(0, longer.size() - 2)) == "(none)");
    BOOST_TEST(id_in(longer.substr(0, longer.size() - 3)) == "(none)");
}

// RFC 9112 §3.2: forms of targets, and what surrounds the id

constexpr TargetRow forms[] = {
    {.name = "origin_form", .target = "/api/stream/abc", .expected = "abc"},
    {.name = "absolute_form", .target = "http://example.org/api/stream/abc", .expected = "abc"},
    {.name = "absolute_form_with_port", .target = "https://example.org:8443/api/stream/abc", .expected = "abc"},
    {.name = "absolute_form_with_query", .target = "http://example.org/api/stream/abc?d=/x", .expected = "abc"},
    {.name = "absolute_form_without_path", .target = "http://example.org"},
    {.name = "absolute_form_with_the_path_in_the_query", .target = "http://example.org?/api/stream/abc"},
    {.name = "authority_form", .target = "example.org:443"},
    {.name = "asterisk_form", .target = "*"},
    {.name = "empty", .target = ""},
    {.name = "relative", .target = "api/stream/abc"},
    {.name = "query", .target = "/api/stream/abc?download=1", .expected = "abc"},
    {.name = "empty_query", .target = "/api/stream/abc?", .expected = "abc"},
    {.name = "query_like_a_target", .target = "/api/stream/abc?/api/stream/def", .expected = "abc"},
    {.name = "query_like_an_absolute_form", .target = "/api/stream/abc?u=http://x/y", .expected = "abc"},
    {.name = "prefix_without_id", .target = "/api/stream/"},
    {.name = "prefix_without_id_but_query", .target = "/api/stream/?abc"},
    {.name = "prefix_without_its_slash", .target = "/api/stream"},
    {.name = "prefix_without_its_slash_and_id", .target = "/api/streamabc"},
    {.name = "another_prefix", .target = "/api/thumbnail/abc"},
    {.name = "prefix_in_capitals", .target = "/API/STREAM/abc"},
    {.name = "prefix_not_at_the_beginning", .target = "/v1/api/stream/abc"},
    {.name = "root", .target = "/"},
    {.name = "double_slash_before_the_id", .target = "/api/stream//abc"},
    {.name = "double_slash_in_front", .target = "//api/stream/abc"},
    {.name = "slash_after_the_id", .target = "/api/stream/abc/"},
    {.name = "folder_below", .target = "/api/stream/abc/def"},
    {.name = "folder_above", .target = "/api/stream/.."},
    {.name = "encoded_folder_above", .target = "/api/stream/%2e%2E"},
    {.name = "dots_and_more", .target = "/api/stream/../etc/passwd"},
    {.name = "dot_segments_are_not_removed", .target = "/api/stream/x/../abc"},
    {.name = "fragment", .target = "/api/stream/abc#t=10"},
    {.name = "raw_utf_8", .target = "/api/stream/\xc3\xa9"},
    {.name = "raw_space", .target = "/api/stream/a b"},
    {.name = "configured_prefix", .target = "/v/abc", .expected = "abc", .prefix = "/v/"},
    {.name = "root_as_prefix", .target = "/abc", .expected = "abc", .prefix = "/"},
    {.name = "default_prefix_where_another_is_configured", .target = "/api/stream/abc", .prefix = "/v/"},
};

BOOST_AUTO_TEST_CASE(path_is_prefix_and_one_id) {
    for (const TargetRow& row : forms) check(row);
}

// Several segments

struct SegmentsRow {
    std::string_view name;
    std::string_view path;  ///< behind the prefix
    unsigned max_segments = 3;
    std::string_view expected = "(none)";
};

constexpr SegmentsRow segments[] = {
    {.name = "one", .path = "film", .expected = "film"},
    {.name = "two", .path = "show/index.m3u8", .expected = "show/index.m3u8"},
    {.name = "as_many_as_there_may_be", .path = "show/720p/seg-3.ts", .expected = "show/720p/seg-3.ts"},
    {.name = "one_more", .path = "show/720p/a/seg-3.ts"},
    {.name = "hidden_file_in_a_folder", .path = "show/.env"},
    {.name = "hidden_folder", .path = ".show/a.ts"},
    {.name = "hidden_alone", .path = ".show", .expected = ".show"},
    {.name = "two_where_one_may_be", .path = "show/index.m3u8", .max_segments = 1},
    {.name = "sixteen", .path = "a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p", .max_segments = 16,
     .expected = "a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p"},
    {.name = "seventeen", .path = "a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q", .max_segments = 16},
    {.name = "encoded_slash", .path = "show%2Findex.m3u8", .expected = "show/index.m3u8"},
    {.name = "encoded_slash_counts", .path = "a%2Fb%2fc/d"},
    {.name = "encoded_twice", .path = "show%252Findex.m3u8"},
    {.name = "query", .path = "show/index.m3u8?token=a/b", .expected = "show/index.m3u8"},
    {.name = "none", .path = ""},
    {.name = "empty_one_in_front", .path = "/index.m3u8"},
    {.name = "empty_one_behind", .path = "show/"},
    {.name = "empty_one_between", .path = "show//index.m3u8"},
    {.name = "slash_alone", .path = "/"},
    {.name = "this_folder", .path = "show/./index.m3u8"},
    {.name = "folder_above", .path = "show/../film"},
    {.name = "encoded_folder_above", .path = "show/%2e%2e/film"},
    {.name = "folder_above_and_encoded_slash", .path = "show/..%2Ffilm"},
    {.name = "folder_above_at_the_end", .path = "show/.."},
    {.name = "folder_above_in_front", .path = "../show"},
    {.name = "three_dots", .path = "show/..."},
    {.name = "backslash", .path = "show\\index.m3u8"},
    {.name = "encoded_nul", .path = "show/a%00"},
    {.name = "space", .path = "show/a%20b"},
};

BOOST_AUTO_TEST_CASE(id_of_several_segments) {
    for (const SegmentsRow& row : segments)
        BOOST_TEST_CONTEXT(row.name << ": " << row.path) {
            const std::string target = std::string{default_prefix}.append(row.path);
            BOOST_TEST(video_id(target, default_prefix, row.max_segments).value_or("(none)") == row.expected);
        }
}

BOOST_AUTO_TEST_CASE(each_segment_has_128_characters_at_the_most) {
    const std::string longest(128, 'x');
    BOOST_TEST(is_video_id(longest + "/" + longest, 2));
    BOOST_TEST(!is_video_id(longest + "x/y", 2));
    BOOST_TEST(!is_video_id("y/" + longest + "x", 2));
}

struct PartRow {
    std::string_view id;
    std::string_view last;
    std::string_view extension;
};

constexpr PartRow parts[] = {
    {"film", "film", ""},           {"film.mp4", "film.mp4", ".mp4"}, {"a.b.c", "a.b.c", ".c"},
    {".mp4", ".mp4", ""},           {"a.", "a.", "."},                {"...", "...", "."},
    {"v1.2/film", "film", ""},      {"show/.mp4", ".mp4", ""},        {"show/720p/s.ts", "s.ts", ".ts"},
    {"show.d/s.m4s", "s.m4s", ".m4s"},
};

BOOST_AUTO_TEST_CASE(last_segment_and_its_extension) {
    for (const PartRow& row : parts)
        BOOST_TEST_CONTEXT(row.id) {
            BOOST_TEST(last_segment(row.id) == row.last);
            BOOST_TEST(extension_of(row.id) == row.extension);
        }
}

BOOST_AUTO_TEST_CASE(raw_nul_in_the_target) { BOOST_TEST(id_in({"/api/stream/a\0b", 15}) == "(none)"); }

// RFC 3986 §3.4: the query

struct QueryRow {
    std::string_view name;
    std::string_view target;
    bool expected = false;
};

constexpr QueryRow queries[] = {
    {.name = "alone", .target = "/x?download=1", .expected = true},
    {.name = "first", .target = "/x?download=1&t=2", .expected = true},
    {.name = "last", .target = "/x?t=2&download=1", .expected = true},
    {.name = "between", .target = "/x?t=2&download=1&u=3", .expected = true},
    {.name = "after_empty_parameters", .target = "/x?&&download=1", .expected = true},
    {.name = "second_of_two_values", .target = "/x?download=0&download=1", .expected = true},
    {.name = "absolute_form", .target = "http://h/x?download=1", .expected = true},
    {.name = "no_query", .target = "/x"},
    {.name = "empty_query", .target = "/x?"},
    {.name = "in_the_path", .target = "/download=1"},
    {.name = "another_value", .target = "/x?download=2"},
    {.name = "longer_value", .target = "/x?download=10"},
    {.name = "no_value", .target = "/x?download"},
    {.name = "empty_value", .target = "/x?download="},
    {.name = "longer_name", .target = "/x?xdownload=1"},
    {.name = "shorter_name", .target = "/x?ownload=1"},
    {.name = "name_in_capitals", .target = "/x?DOWNLOAD=1"},
    {.name = "second_question_mark", .target = "/x?a?download=1"},
    {.name = "encoded_ampersand", .target = "/x?a=b%26download=1"},
    {.name = "second_equals", .target = "/x?download=1=1"},
};

struct NameRow {
    std::string_view target;
    bool expected = false;
};

constexpr NameRow names[] = {
    {"/s?json", true},    {"/s?json=", true},      {"/s?json=1", true}, {"/s?a&json", true}, {"/s?json&a", true},
    {"/s", false},        {"/s?", false},          {"/s?jso", false},   {"/s?jsonp", false}, {"/s?a=json", false},
    {"/json", false},     {"/s?%6ason", false},    {"/s?JSON", false},
};

BOOST_AUTO_TEST_CASE(query_has_a_parameter_whatever_its_value) {
    for (const NameRow& row : names)
        BOOST_TEST_CONTEXT(row.target) { BOOST_TEST(query_has(row.target, "json") == row.expected); }
}

struct PathRow {
    std::string_view target;
    std::string_view expected;
};

constexpr PathRow raw_paths[] = {
    {"/s", "/s"},       {"/s?json", "/s"},         {"/s/", "/s/"},         {"/%73", "/%73"}, {"//s", "//s"},
    {"http://h", "/"},  {"http://h/s?json", "/s"}, {"http://h?/x", "/"},   {"", ""},         {"*", ""},
    {"?/s", ""},        {"s", ""},
};

BOOST_AUTO_TEST_CASE(raw_path_is_the_path_as_it_came) {
    for (const PathRow& row : raw_paths)
        BOOST_TEST_CONTEXT(row.target) { BOOST_TEST(raw_path(row.target) == row.expected); }
}

constexpr PathRow logged_paths[] = {
    {"/s", "/s"},           {"/s?token=x", "/s"},       {"/s%3Ftoken=x", "/s"},      {"/s%3ftoken%3dx", "/s"},
    {"/s&token=x", "/s"},   {"/s;token=x", "/s"},       {"/a/token=x/s", "/a/token"}, {"/s%253Ftoken%253Dx", "/s"},
    {"/s%26x", "/s"},       {"/%73", "/%73"},           {"/s%3", "/s%3"},            {"/s%zz=x", "/s%zz"},
    {"http://h/s%3Fx", "/s"}, {"http://u:p@h/s", "/s"}, {"*", ""},                   {"/a%20b:c", "/a%20b:c"},
};

BOOST_AUTO_TEST_CASE(log_has_a_path_up_to_what_may_be_parameters) {
    for (const PathRow& row : logged_paths)
        BOOST_TEST_CONTEXT(row.target) { BOOST_TEST(path_for_log(row.target) == row.expected); }
}

BOOST_AUTO_TEST_CASE(query_has_a_parameter_with_a_value) {
    for (const QueryRow& row : queries)
        BOOST_TEST_CONTEXT(row.name << ": " << row.target) {
            BOOST_TEST(query_has(row.target, "download", "1") == row.expected);
        }
}

// RFC 3986 §2.1: encoding

struct EncodeRow {
    std::string_view name;
    std::string_view path;
    std::string_view expected;
};

constexpr EncodeRow paths[] = {
    {.name = "unreserved_as_it_is", .path = "/api/stream/aZ09-._~", .expected = "/api/stream/aZ09-._~"},
    {.name = "empty", .path = "", .expected = ""},
    {.name = "space", .path = "/a b", .expected = "/a%20b"},
    {.name = "percent_sign", .path = "/a%20", .expected = "/a%2520"},
    {.name = "query_and_fragment", .path = "/a?b#c", .expected = "/a%3Fb%23c"},
    {.name = "utf_8", .path = "/\xc3\xa9", .expected = "/%C3%A9"},
    {.name = "reserved", .path = ":@!$&'()*+,;=", .expected = "%3A%40%21%24%26%27%28%29%2A%2B%2C%3B%3D"},
};

BOOST_AUTO_TEST_CASE(all_but_unreserved_characters_and_slashes_are_encoded) {
    for (const EncodeRow& row : paths)
        BOOST_TEST_CONTEXT(row.name) { BOOST_TEST(encode_path(row.path) == row.expected); }
}

BOOST_AUTO_TEST_CASE(every_byte_comes_back_from_a_round_trip) {
    for (int byte = 0; byte < 256; ++byte) {
        const std::string id(1, static_cast<char>(byte));
        BOOST_TEST_CONTEXT("byte " << byte) {
            const std::string encoded_id = encode_path(id);
            BOOST_TEST(id_in(encode_path(std::string{default_prefix} + id)) == (is_video_id(id) ? id : "(none)"));
            // What is no id is still decoded to what it was: as a prefix it is recognised.
            if (id != "/") BOOST_TEST(id_in("/" + encoded_id + "/abc", "/" + id + "/") == "abc");
        }
    }
}

// Below a prefix, whether or not an id follows

struct BelowRow {
    std::string_view name;
    std::string_view target;
    bool expected = false;
};

constexpr BelowRow below[] = {
    {.name = "id", .target = "/api/stream/abc", .expected = true},
    {.name = "no_id", .target = "/api/stream/a%2Fb", .expected = true},
    {.name = "nothing_more", .target = "/api/stream/", .expected = true},
    {.name = "wrongly_encoded_after_the_prefix", .target = "/api/stream/a%zz", .expected = true},
    {.name = "absolute_form", .target = "http://h/api/stream/abc", .expected = true},
    {.name = "encoded_prefix", .target = "/%61pi/stream%2fabc", .expected = true},
    {.name = "wrongly_encoded_prefix", .target = "/%6zpi/stream/abc"},
    {.name = "prefix_encoded_twice", .target = "/%2561pi/stream/abc"},
    {.name = "cut_off", .target = "/api/stream"},
    {.name = "cut_off_in_an_encoded_character", .target = "/api/stream%2"},
    {.name = "in_the_query", .target = "/?/api/stream/abc"},
    {.name = "folder_above", .target = "/x/../api/stream/abc"},
    {.name = "elsewhere", .target = "/films/abc"},
    {.name = "asterisk_form", .target = "*"},
    {.name = "empty", .target = ""},
};

BOOST_AUTO_TEST_CASE(path_is_below_a_prefix) {
    for (const BelowRow& row : below)
        BOOST_TEST_CONTEXT(row.name) { BOOST_TEST(is_below(row.target, default_prefix) == row.expected); }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::http
