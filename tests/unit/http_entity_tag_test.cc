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

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::http
