// Owns the tests of range requests: what a Range field value means, byte by byte, as far as no row of
// tests/http-cases.txt says so.
// Does not test which status becomes of it: http_plan_test.cc does.
// SPDX-License-Identifier: MIT
#include "http/range.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <limits>
#include <random>

namespace reelgate::http {
namespace {

constexpr std::uint64_t largest = std::numeric_limits<std::uint64_t>::max();

/// Writes a range-spec as the grammar has it.
std::string describe(const RangeSpec& spec) {
    if (const auto* suffix = std::get_if<SuffixRange>(&spec)) return "-" + std::to_string(suffix->suffix_length);
    const auto& range = std::get<IntRange>(spec);
    return std::to_string(range.first_pos) + "-" + (range.last_pos ? std::to_string(*range.last_pos) : "");
}

std::string describe(const std::optional<ByteRange>& range) {
    if (!range) return "unsatisfiable";
    return std::to_string(range->first_pos) + "-" + std::to_string(range->last_pos);
}

/// Writes what was parsed, one comma between two range-specs.
std::string parsed(std::string_view field_value, std::size_t max_ranges = 100) {
    const auto set = parse_range(field_value, max_ranges);
    if (!set) return "ignored";
    std::string text;
    for (const RangeSpec& spec : *set) text += (text.empty() ? "" : ",") + describe(spec);
    return text;
}

std::string describe(const std::vector<ByteRange>& ranges) {
    std::string text;
    for (const ByteRange range : ranges) text += (text.empty() ? "" : ",") + describe(std::optional{range});
    return text.empty() ? "unsatisfiable" : text;
}

/// Writes what a field value stands for in a representation.
std::string applied(std::string_view field_value, std::uint64_t complete_length) {
    const auto set = parse_range(field_value, 100);
    return set ? describe(resolve(*set, complete_length)) : "ignored";
}

struct ParseRow {
    std::string_view name;
    std::string_view field_value;
    std::string_view expected;  ///< range-specs, or "ignored"
};

void check(const ParseRow& row) {
    BOOST_TEST_CONTEXT(row.name << ": Range: " << row.field_value) {
        BOOST_TEST(parsed(row.field_value) == row.expected);
    }
}

struct ApplyRow {
    std::string_view name;
    std::string_view field_value;
    std::uint64_t complete_length = 1000;
    std::string_view expected;  ///< "first-last,first-last", "unsatisfiable" or "ignored"
};

void check(const ApplyRow& row) {
    BOOST_TEST_CONTEXT(row.name << ": Range: " << row.field_value << ", " << row.complete_length << " bytes") {
        BOOST_TEST(applied(row.field_value, row.complete_length) == row.expected);
    }
}

BOOST_AUTO_TEST_SUITE(http_range)

// RFC 9110 §14.1: the range unit

constexpr ParseRow units[] = {
    {.name = "space_before_the_unit", .field_value = " bytes=0-9", .expected = "ignored"},
};

BOOST_AUTO_TEST_CASE(unit_is_bytes_or_another) {
    for (const ParseRow& row : units) check(row);
}

// RFC 9110 §14.1.1, §14.1.2: the range-spec

constexpr ParseRow valid_specs[] = {
    {.name = "first_and_last", .field_value = "bytes=0-499", .expected = "0-499"},
    {.name = "one_byte", .field_value = "bytes=7-7", .expected = "7-7"},
    {.name = "open_end", .field_value = "bytes=9500-", .expected = "9500-"},
    {.name = "suffix", .field_value = "bytes=-500", .expected = "-500"},
    {.name = "leading_zeros", .field_value = "bytes=000000000000000000000000000000-0000000000000000000000000000000009",
     .expected = "0-9"},
    {.name = "several", .field_value = "bytes=0-0,-1,5-", .expected = "0-0,-1,5-"},
    {.name = "several_out_of_order", .field_value = "bytes=20-29,0-9,20-29", .expected = "20-29,0-9,20-29"},
};

BOOST_AUTO_TEST_CASE(range_spec_follows_the_grammar) {
    for (const ParseRow& row : valid_specs) check(row);
}

constexpr ParseRow invalid_specs[] = {
    {.name = "two_hyphens_between", .field_value = "bytes=0--9", .expected = "ignored"},
    {.name = "letters_after_the_last_pos", .field_value = "bytes=1-100 , 101-xxx,  200- ", .expected = "ignored"},
    {.name = "second_equals", .field_value = "bytes==1-100", .expected = "ignored"},
    {.name = "suffix_with_an_end", .field_value = "bytes=-5-9", .expected = "ignored"},
    {.name = "full_width_digit", .field_value = "bytes=\xef\xbc\x90-9", .expected = "ignored"},
};

BOOST_AUTO_TEST_CASE(one_invalid_member_invalidates_the_field) {
    for (const ParseRow& row : invalid_specs) check(row);
}

BOOST_AUTO_TEST_CASE(nul_inside_the_field_value) {
    using namespace std::string_view_literals;
    BOOST_TEST(parsed("bytes=0-9\0"sv) == "ignored");
    BOOST_TEST(parsed("bytes=0-\0009"sv) == "ignored");
}

// RFC 9110 §5.6.1, §5.6.3: lists and white space

constexpr ParseRow lists[] = {
    {.name = "much_white_space", .field_value = "bytes=0-9 \t \t,  \t 20-29", .expected = "0-9,20-29"},
    {.name = "members_of_white_space", .field_value = "bytes=0-9, \t,, 200-209 , ", .expected = "0-9,200-209"},
    {.name = "only_empty_members", .field_value = "bytes=, , ,   ", .expected = "ignored"},
    {.name = "tab_after_equals_and_empty_members", .field_value = "bytes=\t, , 0-9", .expected = "0-9"},
    {.name = "space_after_equals_and_a_later_empty_member", .field_value = "bytes= 0-9,,20-29", .expected = "ignored"},
    {.name = "white_space_alone", .field_value = "bytes= \t ", .expected = "ignored"},
    {.name = "line_feed_is_no_white_space", .field_value = "bytes=0-9,\n20-29", .expected = "ignored"},
    {.name = "no_break_space_is_no_white_space", .field_value = "bytes=0-9,\xa0" "20-29", .expected = "ignored"},
};

BOOST_AUTO_TEST_CASE(white_space_and_empty_members_next_to_commas_only) {
    for (const ParseRow& row : lists) check(row);
}

BOOST_AUTO_TEST_CASE(two_hundred_empty_members) {
    BOOST_TEST(parsed("bytes=0-9" + std::string(201, ',')) == "0-9");
    BOOST_TEST(parsed("bytes=" + std::string(201, ',') + "0-9") == "0-9");
}

// RFC 9110 §14.2: excessive sets of ranges

std::string so_many_specs(int count) {
    std::string field_value = "bytes=";
    for (int i = 0; i < count; ++i) {
        const std::string position = std::to_string(2 * i);
        field_value += (i ? ", " : "") + position + "-" + position;
    }
    return field_value;
}

struct CountRow {
    std::string_view name;
    int specs = 0;
    std::size_t max_ranges = 0;
    bool ignored = false;
};

constexpr CountRow counts[] = {
    {.name = "fewer_than_permitted", .specs = 99, .max_ranges = 100},
    {.name = "as_many_as_permitted", .specs = 100, .max_ranges = 100},
    {.name = "one_too_many", .specs = 101, .max_ranges = 100, .ignored = true},
    {.name = "far_too_many", .specs = 10'000, .max_ranges = 100, .ignored = true},
    {.name = "one_where_one_is_permitted", .specs = 1, .max_ranges = 1},
    {.name = "two_where_one_is_permitted", .specs = 2, .max_ranges = 1, .ignored = true},
};

BOOST_AUTO_TEST_CASE(more_range_specs_than_permitted) {
    for (const CountRow& row : counts) {
        BOOST_TEST_CONTEXT(row.name) {
            const auto set = parse_range(so_many_specs(row.specs), row.max_ranges);
            BOOST_TEST(!set == row.ignored);
            if (set) BOOST_TEST(static_cast<int>(set->size()) == row.specs);
        }
    }
}

BOOST_AUTO_TEST_CASE(empty_members_do_not_count) { BOOST_TEST(parsed("bytes=,,0-0,,,,2-2,,", 2) == "0-0,2-2"); }

// RFC 9110 §14.1.2: which bytes a range-spec stands for

constexpr ApplyRow the_tickets_own[] = {
    {.name = "full", .field_value = "bytes=0-999", .complete_length = 5000, .expected = "0-999"},
    {.name = "open_end", .field_value = "bytes=1000-", .complete_length = 5000, .expected = "1000-4999"},
    {.name = "suffix", .field_value = "bytes=-500", .complete_length = 5000, .expected = "4500-4999"},
    {.name = "none", .field_value = "", .complete_length = 5000, .expected = "ignored"},
};

BOOST_AUTO_TEST_CASE(examples_that_the_program_was_ordered_with) {
    for (const ApplyRow& row : the_tickets_own) check(row);
}

constexpr ApplyRow unsatisfiable[] = {
    {.name = "first_bytes_of_nothing", .field_value = "bytes=0-128", .complete_length = 0, .expected = "unsatisfiable"},
    {.name = "all_of_nothing", .field_value = "bytes=0-", .complete_length = 0, .expected = "unsatisfiable"},
    {.name = "rest_of_nothing", .field_value = "bytes=1-", .complete_length = 0, .expected = "unsatisfiable"},
    {.name = "suffix_of_an_empty_one", .field_value = "bytes=-2", .complete_length = 0, .expected = "unsatisfiable"},
};

BOOST_AUTO_TEST_CASE(range_that_cannot_be_satisfied) {
    for (const ApplyRow& row : unsatisfiable) check(row);
}

// RFC 9110 §14.2, §15.3.7.2: sets of ranges

constexpr ApplyRow several[] = {
    {.name = "order_of_the_request", .field_value = "bytes=500-509,0-9,-1,20-29",
     .expected = "500-509,0-9,999-999,20-29"},
    {.name = "gap_of_one_byte", .field_value = "bytes=0-9,11-19", .expected = "0-9,11-19"},
    {.name = "touching", .field_value = "bytes=0-9,10-19", .expected = "0-19"},
    {.name = "touching_the_other_way_round", .field_value = "bytes=10-19,0-9", .expected = "0-19"},
    {.name = "overlapping", .field_value = "bytes=0-9,5-14", .expected = "0-14"},
    {.name = "overlapping_the_other_way_round", .field_value = "bytes=5-14,0-9", .expected = "0-14"},
    {.name = "one_inside_the_other", .field_value = "bytes=0-99,20-29", .expected = "0-99"},
    {.name = "one_around_the_other", .field_value = "bytes=20-29,0-99", .expected = "0-99"},
    {.name = "same_twice", .field_value = "bytes=7-7,7-7", .expected = "7-7"},
    {.name = "same_first", .field_value = "bytes=5-9,5-19,5-7", .expected = "5-19"},
    {.name = "suffix_meets_open_end", .field_value = "bytes=990-,-20", .expected = "980-999"},
    {.name = "last_behind_the_end", .field_value = "bytes=0-0,990-5000,-5", .expected = "0-0,990-999"},
    {.name = "place_of_the_first", .field_value = "bytes=500-599,0-9,550-650", .expected = "500-650,0-9"},
    {.name = "first_grows_to_the_left", .field_value = "bytes=500-599,800-809,0-9,400-499",
     .expected = "400-599,800-809,0-9"},
    {.name = "place_of_the_first_among_later_ones", .field_value = "bytes=900-909,300-309,0-9,310-319",
     .expected = "900-909,300-319,0-9"},
};

BOOST_AUTO_TEST_CASE(ranges_that_meet_become_one) {
    for (const ApplyRow& row : several) check(row);
}

/// Three that meet and one that does not, in each of their orders.
BOOST_AUTO_TEST_CASE(merging_does_not_depend_on_the_order) {
    RangeSet set{IntRange{0, 9}, IntRange{10, 19}, IntRange{15, 29}, IntRange{50, 59}};
    const RangeSpec apart = set.back();
    std::vector<std::size_t> order{0, 1, 2, 3};
    do {
        RangeSet permuted;
        for (const std::size_t i : order) permuted.push_back(set[i]);
        const std::string expected = permuted.front() == apart ? "50-59,0-29" : "0-29,50-59";
        BOOST_TEST_CONTEXT(order[0] << order[1] << order[2] << order[3]) {
            BOOST_TEST(describe(resolve(permuted, 1000)) == expected);
        }
    } while (std::next_permutation(order.begin(), order.end()));
}

constexpr ApplyRow partly_unsatisfiable[] = {
    {.name = "first_of_two", .field_value = "bytes=1000-,5-9", .expected = "5-9"},
    {.name = "last_of_two", .field_value = "bytes=5-9,1000-", .expected = "5-9"},
    {.name = "between", .field_value = "bytes=500-509,2000-3000,0-9", .expected = "500-509,0-9"},
    {.name = "suffix_of_nothing", .field_value = "bytes=-0,0-0,-1", .expected = "0-0,999-999"},
    {.name = "does_not_close_a_gap", .field_value = "bytes=0-9,1000-1009,20-29", .expected = "0-9,20-29"},
    {.name = "all_of_them", .field_value = "bytes=1000-,2000-2001,-0", .expected = "unsatisfiable"},
    {.name = "of_an_empty_one", .field_value = "bytes=0-,-5", .complete_length = 0, .expected = "unsatisfiable"},
};

BOOST_AUTO_TEST_CASE(unsatisfiable_among_others_is_dropped) {
    for (const ApplyRow& row : partly_unsatisfiable) check(row);
}

// RFC 9110 §14.1.1, §17.5: any number of digits; RFC 9110 §8.6: lengths beyond 32 bits

constexpr std::uint64_t five_gib = 5'368'709'120;

constexpr ApplyRow large_numbers[] = {
    {.name = "last_has_forty_digits", .field_value = "bytes=5-9999999999999999999999999999999999999999",
     .expected = "5-999"},
    {.name = "several_behind_2_32", .field_value = "bytes=4294967296-4294967299,0-3,4294967300-4294967305",
     .complete_length = five_gib, .expected = "4294967296-4294967305,0-3"},
    {.name = "end_of_the_longest_one", .field_value = "bytes=0-0,-1,9223372036854775805-9223372036854775805",
     .complete_length = 9'223'372'036'854'775'807, .expected = "0-0,9223372036854775805-9223372036854775806"},
};

BOOST_AUTO_TEST_CASE(numbers_saturate_and_never_wrap) {
    for (const ApplyRow& row : large_numbers) check(row);
    BOOST_TEST(parsed("bytes=18446744073709551614-") == "18446744073709551614-");
    BOOST_TEST(parsed("bytes=0-18446744073709551615") == "0-18446744073709551615");
    BOOST_TEST(parsed("bytes=18446744073709551616-") == "18446744073709551615-");
    BOOST_TEST(parsed("bytes=-18446744073709551620") == "-18446744073709551615");
    BOOST_TEST(parsed("bytes=184467440737095516150-") == "18446744073709551615-");
}

// Properties: whatever is asked for

/// Numbers of every magnitude alike, not only the huge ones that make up most of 64 bits.
std::uint64_t any_number(std::mt19937_64& random) { return random() >> (random() % 64); }

RangeSpec any_spec(std::mt19937_64& random) {
    const std::uint64_t number = any_number(random);
    switch (random() % 3) {
        case 0: return SuffixRange{number - random() % 2 * number};  // zero is as likely as all others together
        case 1: return IntRange{number, std::nullopt};
        default: return IntRange{number, number + std::min(any_number(random), largest - number)};
    }
}

bool is_satisfiable(const RangeSpec& spec, std::uint64_t complete_length) {
    if (const auto* suffix = std::get_if<SuffixRange>(&spec)) return suffix->suffix_length > 0 && complete_length > 0;
    return std::get<IntRange>(spec).first_pos < complete_length;
}

BOOST_AUTO_TEST_CASE(resolved_range_lies_inside) {
    std::mt19937_64 random{9110};
    for (int i = 0; i < 20'000; ++i) {
        const RangeSpec spec = any_spec(random);
        const std::uint64_t complete_length = any_number(random);
        const auto range = resolve(spec, complete_length);
        BOOST_TEST_CONTEXT(describe(spec) << " of " << complete_length << " bytes: " << describe(range)) {
            BOOST_TEST_REQUIRE(range.has_value() == is_satisfiable(spec, complete_length));
            if (!range) continue;
            BOOST_TEST_REQUIRE(range->first_pos <= range->last_pos);
            BOOST_TEST_REQUIRE(range->last_pos < complete_length);
            if (const auto* suffix = std::get_if<SuffixRange>(&spec)) {
                BOOST_TEST_REQUIRE(range->last_pos == complete_length - 1);
                BOOST_TEST_REQUIRE(range->length() == std::min(suffix->suffix_length, complete_length));
            } else {
                const auto& asked = std::get<IntRange>(spec);
                BOOST_TEST_REQUIRE(range->first_pos == asked.first_pos);
                BOOST_TEST_REQUIRE(range->last_pos == std::min(asked.last_pos.value_or(largest), complete_length - 1));
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(every_spec_survives_writing_and_parsing) {
    std::mt19937_64 random{14};
    for (int i = 0; i < 2'000; ++i) {
        RangeSet set(1 + random() % 5);
        for (RangeSpec& spec : set) spec = any_spec(random);
        std::string field_value = "bytes=";
        for (const RangeSpec& spec : set) field_value += describe(spec) + (random() % 2 ? " , " : ",");
        BOOST_TEST_CONTEXT(field_value) { BOOST_TEST_REQUIRE((parse_range(field_value, 5) == set)); }
    }
}

// RFC 9110 §14.4: Content-Range

struct FormatRow {
    std::string_view name;
    ByteRange range;
    std::uint64_t complete_length = 0;
    std::string_view expected;
};

constexpr FormatRow content_ranges[] = {
    {.name = "first_bytes", .range = {0, 499}, .complete_length = 1234, .expected = "bytes 0-499/1234"},
    {.name = "one_byte", .range = {7, 7}, .complete_length = 8, .expected = "bytes 7-7/8"},
    {.name = "beyond_32_bits", .range = {4294967296, 5368709119}, .complete_length = five_gib,
     .expected = "bytes 4294967296-5368709119/5368709120"},
    {.name = "largest_numbers", .range = {largest - 1, largest - 1}, .complete_length = largest,
     .expected = "bytes 18446744073709551614-18446744073709551614/18446744073709551615"},
};

BOOST_AUTO_TEST_CASE(content_range_names_positions_and_length) {
    for (const FormatRow& row : content_ranges)
        BOOST_TEST_CONTEXT(row.name) {
            BOOST_TEST(format_content_range(row.range, row.complete_length) == row.expected);
        }
}

BOOST_AUTO_TEST_CASE(content_range_behind_other_text) {
    for (const FormatRow& row : content_ranges) {
        BOOST_TEST_CONTEXT(row.name) {
            std::string text = "Content-Range: ";
            append_content_range(text, row.range, row.complete_length);
            BOOST_TEST(text == "Content-Range: " + std::string{row.expected});
        }
    }
}

BOOST_AUTO_TEST_CASE(unsatisfied_range_names_the_length_alone) {
    BOOST_TEST(format_unsatisfied_range(1234) == "bytes */1234");
    BOOST_TEST(format_unsatisfied_range(0) == "bytes */0");
    BOOST_TEST(format_unsatisfied_range(five_gib) == "bytes */5368709120");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::http
