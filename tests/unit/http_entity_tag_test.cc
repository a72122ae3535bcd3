// Owns the tests of the entity tag.
// SPDX-License-Identifier: MIT
#include "http/entity_tag.h"

#include <boost/test/unit_test.hpp>

namespace reelgate::http {
namespace {

BOOST_AUTO_TEST_SUITE(http_entity_tag)

// RFC 9110 §8.8.3: quotation marks always, W/ where weak

struct FormatRow {
    std::string_view name;
    std::string_view opaque;
    bool weak = false;
    std::string_view expected;
};

constexpr FormatRow formats[] = {
    {.name = "strong", .opaque = "xyzzy", .expected = "\"xyzzy\""},
    {.name = "weak", .opaque = "xyzzy", .weak = true, .expected = "W/\"xyzzy\""},
    {.name = "empty", .opaque = "", .expected = "\"\""},
    {.name = "weak_and_empty", .opaque = "", .weak = true, .expected = "W/\"\""},
};

BOOST_AUTO_TEST_CASE(tag_stands_in_quotation_marks) {
    for (const FormatRow& row : formats)
        BOOST_TEST_CONTEXT(row.name) {
            BOOST_TEST(format_entity_tag({.opaque = std::string{row.opaque}, .weak = row.weak}) == row.expected);
        }
}

// The default: what nginx makes of the same file

struct DefaultRow {
    std::string_view name;
    std::int64_t seconds = 0;
    std::uint64_t complete_length = 0;
    std::string_view expected;
};

constexpr DefaultRow defaults[] = {
    {.name = "ordinary_file", .seconds = 0x66eefc21, .complete_length = 0x264, .expected = "66eefc21-264"},
    {.name = "empty_file", .seconds = 0x66eefc21, .complete_length = 0, .expected = "66eefc21-0"},
    {.name = "five_gib", .seconds = 0x66eefc21, .complete_length = 5'368'709'120, .expected = "66eefc21-140000000"},
    {.name = "no_leading_zeros", .seconds = 10, .complete_length = 255, .expected = "a-ff"},
    {.name = "epoch", .seconds = 0, .complete_length = 1, .expected = "0-1"},
    {.name = "beyond_32_bits", .seconds = 0x100000000, .complete_length = 1, .expected = "100000000-1"},
    {.name = "before_the_epoch", .seconds = -1, .complete_length = 1, .expected = "ffffffffffffffff-1"},
    {.name = "longest", .seconds = -1, .complete_length = 0x7fffffffffffffff,
     .expected = "ffffffffffffffff-7fffffffffffffff"},
};

BOOST_AUTO_TEST_CASE(default_tag_is_date_and_length_in_hexadecimal) {
    for (const DefaultRow& row : defaults) {
        BOOST_TEST_CONTEXT(row.name) {
            const EntityTag tag = default_entity_tag(Time{std::chrono::seconds{row.seconds}}, row.complete_length);
            BOOST_TEST(tag.opaque == row.expected);
            BOOST_TEST(!tag.weak);
        }
    }
}

// RFC 9110 §8.8.3: the grammar

std::string describe(const std::optional<EntityTag>& tag) { return tag ? format_entity_tag(*tag) : "none"; }

struct ParseRow {
    std::string_view name;
    std::string_view text;
    std::string_view opaque;
    bool weak = false;
};

constexpr ParseRow tags[] = {
    {.name = "strong", .text = R"("xyzzy")", .opaque = "xyzzy"},
    {.name = "weak", .text = R"(W/"xyzzy")", .opaque = "xyzzy", .weak = true},
    {.name = "empty", .text = R"("")", .opaque = ""},
    {.name = "weak_and_empty", .text = R"(W/"")", .opaque = "", .weak = true},
    {.name = "comma_inside", .text = R"("a,b")", .opaque = "a,b"},
    {.name = "backslash_is_no_escape", .text = R"("a\")", .opaque = "a\\"},
    {.name = "ends_of_the_alphabet", .text = "\"!#[]~\"", .opaque = "!#[]~"},
    {.name = "obs_text", .text = "\"\x80\xc3\xa4\xff\"", .opaque = "\x80\xc3\xa4\xff"},
    {.name = "weak_mark_inside", .text = R"("W/x")", .opaque = "W/x"},
};

BOOST_AUTO_TEST_CASE(text_that_is_one_tag) {
    for (const ParseRow& row : tags) {
        BOOST_TEST_CONTEXT(row.name) {
            const auto tag = parse_entity_tag(row.text);
            BOOST_REQUIRE(tag.has_value());
            BOOST_TEST(tag->opaque == row.opaque);
            BOOST_TEST(tag->weak == row.weak);
        }
    }
}

struct NoTagRow {
    std::string_view name;
    std::string_view text;
};

constexpr NoTagRow no_tags[] = {
    {.name = "empty", .text = ""},
    {.name = "without_quotation_marks", .text = "xyzzy"},
    {.name = "one_quotation_mark", .text = "\""},
    {.name = "without_the_first", .text = "xyzzy\""},
    {.name = "without_the_last", .text = "\"xyzzy"},
    {.name = "quotation_mark_inside", .text = R"("a"b")"},
    {.name = "escaped_quotation_mark_inside", .text = R"("a\"b")"},
    {.name = "single_quotation_marks", .text = "'xyzzy'"},
    {.name = "weak_mark_alone", .text = "W/"},
    {.name = "weak_mark_in_small_letters", .text = R"(w/"xyzzy")"},
    {.name = "weak_mark_twice", .text = R"(W/W/"xyzzy")"},
    {.name = "space_behind_the_weak_mark", .text = R"(W/ "xyzzy")"},
    {.name = "weak_without_quotation_marks", .text = "W/xyzzy"},
    {.name = "any", .text = "*"},
    {.name = "two", .text = R"("a", "b")"},
    {.name = "space_before_it", .text = R"( "a")"},
    {.name = "space_behind_it", .text = R"("a" )"},
    {.name = "comma_behind_it", .text = R"("a",)"},
    {.name = "garbage_behind_it", .text = R"("a"b)"},
    {.name = "space_inside", .text = R"("a b")"},
    {.name = "tab_inside", .text = "\"a\tb\""},
    {.name = "line_feed_inside", .text = "\"a\nb\""},
    {.name = "delete_inside", .text = "\"a\x7f\""},
    {.name = "date", .text = "Sun, 06 Nov 1994 08:49:37 GMT"},
};

BOOST_AUTO_TEST_CASE(text_that_is_no_tag) {
    for (const NoTagRow& row : no_tags)
        BOOST_TEST_CONTEXT(row.name) { BOOST_TEST(describe(parse_entity_tag(row.text)) == "none"); }
    BOOST_TEST(describe(parse_entity_tag(std::string_view{"\"a\0\"", 4})) == "none");
}

struct OpaqueRow {
    std::string_view name;
    std::string_view opaque;
    std::string_view expected;
};

constexpr OpaqueRow opaques[] = {
    {.name = "word", .opaque = "xyzzy", .expected = R"("xyzzy")"},
    {.name = "empty", .opaque = "", .expected = R"("")"},
    {.name = "comma", .opaque = "a,b", .expected = R"("a,b")"},
    {.name = "obs_text", .opaque = "\xff", .expected = "\"\xff\""},
    {.name = "weak_mark_is_part_of_it", .opaque = "W/x", .expected = R"("W/x")"},
    {.name = "quotation_mark", .opaque = "a\"b", .expected = "none"},
    {.name = "quotation_marks_around_it", .opaque = "\"a\"", .expected = "none"},
    {.name = "space", .opaque = "a b", .expected = "none"},
    {.name = "end_of_line", .opaque = "a\r\nX: y", .expected = "none"},
    {.name = "delete", .opaque = "\x7f", .expected = "none"},
};

BOOST_AUTO_TEST_CASE(tag_of_an_inside_that_somebody_chose) {
    for (const OpaqueRow& row : opaques)
        BOOST_TEST_CONTEXT(row.name) { BOOST_TEST(describe(entity_tag_of(row.opaque)) == row.expected); }
}

// RFC 9110 §8.8.3.2: comparison

struct CompareRow {
    std::string_view name;
    EntityTag a;
    EntityTag b;
    bool strongly = false;
    bool weakly = false;
};

const CompareRow comparisons[] = {
    {.name = "both_weak", .a = {"1", true}, .b = {"1", true}, .weakly = true},
    {.name = "both_weak_and_different", .a = {"1", true}, .b = {"2", true}},
    {.name = "first_weak", .a = {"1", true}, .b = {"1"}, .weakly = true},
    {.name = "second_weak", .a = {"1"}, .b = {"1", true}, .weakly = true},
    {.name = "both_strong", .a = {"1"}, .b = {"1"}, .strongly = true, .weakly = true},
    {.name = "both_strong_and_different", .a = {"1"}, .b = {"2"}},
    {.name = "both_empty", .a = {""}, .b = {""}, .strongly = true, .weakly = true},
    {.name = "beginning_of_the_other", .a = {"1"}, .b = {"12"}},
    {.name = "other_case", .a = {"a"}, .b = {"A"}},
};

BOOST_AUTO_TEST_CASE(comparison_is_strong_or_weak) {
    for (const CompareRow& row : comparisons) {
        BOOST_TEST_CONTEXT(row.name) {
            BOOST_TEST(matches_strongly(row.a, row.b) == row.strongly);
            BOOST_TEST(matches_weakly(row.a, row.b) == row.weakly);
        }
    }
}

// RFC 9110 §13.1.1, §13.1.2, §5.6.1.2: "*" or a list

struct ListRow {
    std::string_view name;
    std::string_view field_value;
    bool strongly = false;
    bool weakly = false;
    std::string_view opaque = "b";  ///< of the strong tag that is looked for
};

void check(const ListRow& row) {
    BOOST_TEST_CONTEXT(row.name << ": " << row.field_value) {
        const EntityTag tag{std::string{row.opaque}, false};
        BOOST_TEST(list_matches(row.field_value, tag, matches_strongly) == row.strongly);
        BOOST_TEST(list_matches(row.field_value, tag, matches_weakly) == row.weakly);
    }
}

constexpr ListRow lists[] = {
    {.name = "any", .field_value = "*", .strongly = true, .weakly = true},
    {.name = "alone", .field_value = R"("b")", .strongly = true, .weakly = true},
    {.name = "weak", .field_value = R"(W/"b")", .weakly = true},
    {.name = "another", .field_value = R"("a")"},
    {.name = "first", .field_value = R"("b", "a", "c")", .strongly = true, .weakly = true},
    {.name = "between", .field_value = R"("a", "b", "c")", .strongly = true, .weakly = true},
    {.name = "last", .field_value = R"("a", "c", "b")", .strongly = true, .weakly = true},
    {.name = "weak_among_others", .field_value = R"("a", W/"b", "c")", .weakly = true},
    {.name = "behind_a_weak_one", .field_value = R"(W/"b", "b")", .strongly = true, .weakly = true},
    {.name = "not_among_others", .field_value = R"("a", "c", W/"d")"},
    {.name = "without_white_space", .field_value = R"("a","b")", .strongly = true, .weakly = true},
    {.name = "white_space_around_commas", .field_value = "\"a\"\t , \t\"b\"", .strongly = true, .weakly = true},
    {.name = "white_space_at_the_ends", .field_value = R"( "b" )", .strongly = true, .weakly = true},
};

BOOST_AUTO_TEST_CASE(tag_in_a_list) {
    for (const ListRow& row : lists) check(row);
}

constexpr ListRow empty_members[] = {
    {.name = "empty_field_value", .field_value = ""},
    {.name = "white_space_alone", .field_value = " \t"},
    {.name = "commas_alone", .field_value = ", ,,"},
    {.name = "at_the_beginning", .field_value = R"(, ,"b")", .strongly = true, .weakly = true},
    {.name = "between", .field_value = R"("a",, ,"b")", .strongly = true, .weakly = true},
    {.name = "at_the_end", .field_value = R"("b",,)", .strongly = true, .weakly = true},
    {.name = "at_the_end_behind_another", .field_value = R"("a", ,)"},
};

BOOST_AUTO_TEST_CASE(empty_members_are_skipped) {
    for (const ListRow& row : empty_members) check(row);
}

constexpr ListRow special_characters[] = {
    {.name = "comma_inside_another", .field_value = R"("a,b")"},
    {.name = "space_inside_another", .field_value = R"("x, W/", "b")"},
    {.name = "comma_inside", .field_value = R"("x", "a,b")", .strongly = true, .weakly = true, .opaque = "a,b"},
    {.name = "behind_one_with_a_comma", .field_value = R"("a,c", "b")", .strongly = true, .weakly = true},
    {.name = "obs_text", .field_value = "\"a\", \"\xc3\xa4\"", .strongly = true, .weakly = true,
     .opaque = "\xc3\xa4"},
    {.name = "behind_obs_text", .field_value = "\"\xff\", \"b\"", .strongly = true, .weakly = true},
    {.name = "empty_tag", .field_value = R"("a", "")", .strongly = true, .weakly = true, .opaque = ""},
    {.name = "star_in_quotation_marks", .field_value = R"("*")"},
};

BOOST_AUTO_TEST_CASE(commas_and_other_bytes_inside_a_tag) {
    for (const ListRow& row : special_characters) check(row);
}

constexpr ListRow invalid_lists[] = {
    {.name = "without_quotation_marks", .field_value = "b"},
    {.name = "weak_mark_in_small_letters", .field_value = R"(w/"b")"},
    {.name = "not_closed", .field_value = R"("b)"},
    {.name = "not_closed_before_another", .field_value = R"("a, "b")"},
    {.name = "garbage_right_behind_the_tag", .field_value = R"("b"x)"},
    {.name = "garbage_behind_the_tag", .field_value = R"("b" x)"},
    {.name = "tag_right_behind_the_tag", .field_value = R"("b""b")"},
    {.name = "no_comma", .field_value = R"("b" "a")"},
    {.name = "semicolon", .field_value = R"("a"; "b")"},
    {.name = "behind_garbage", .field_value = R"(x, "b")"},
    {.name = "behind_a_tag_with_garbage", .field_value = R"("a"x, "b")"},
    {.name = "before_garbage", .field_value = R"("b", x)", .strongly = true, .weakly = true},
    {.name = "star_before_others", .field_value = R"(*, "b")"},
    {.name = "star_behind_others", .field_value = R"("a", *)"},
    {.name = "star_with_a_space", .field_value = "* "},
    {.name = "two_stars", .field_value = "**"},
};

BOOST_AUTO_TEST_CASE(invalid_list_matches_as_far_as_it_was_valid) {
    for (const ListRow& row : invalid_lists) check(row);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::http
