// Owns what has to hold for any request: random range sets against a naive model, and formatting undone by parsing.
// Does not know examples: the tables beside it do.
// SPDX-License-Identifier: MIT
#include <boost/test/unit_test.hpp>
#include <array>
#include <bitset>
#include <random>

#include "http/plan.h"

namespace {

using namespace reelgate::http;

constexpr int draws = 1'000'000;
constexpr std::size_t longest = 64;  // bytes of the file: so short that ranges meet, touch and miss each other often

constexpr Time now{std::chrono::seconds{1767225600}};

/// Repeatable: a failure names its draw.
using Random = std::mt19937_64;

std::uint64_t below(Random& random, std::uint64_t limit) { return random() % limit; }

/// Positions that a naive reading of the field would send.
using Wanted = std::bitset<longest>;

struct Drawn {
    std::string field;  ///< a valid Range field value
    Wanted wanted;
    std::size_t first_wanted = 0;  ///< where the first satisfiable range-spec begins
};

void want(Drawn& drawn, std::uint64_t first, std::uint64_t end, std::uint64_t length) {
    if (first >= std::min(end, length)) return;
    if (drawn.wanted.none()) drawn.first_wanted = first;
    for (std::uint64_t i = first; i < std::min(end, length); ++i) drawn.wanted.set(i);
}

void draw_spec(Random& random, Drawn& drawn, std::uint64_t length) {
    const std::uint64_t a = below(random, longest + 8), b = a + below(random, longest);
    switch (below(random, 4)) {
        case 0:
            drawn.field += "-" + std::to_string(a);
            return want(drawn, length - std::min(a, length), length, length);
        case 1:
            drawn.field += std::to_string(a) + "-";
            return want(drawn, a, length, length);
        default:
            drawn.field += std::to_string(a) + "-" + std::to_string(b);
            return want(drawn, a, b + 1, length);
    }
}

Drawn draw(Random& random, std::uint64_t length) {
    constexpr std::array<const char*, 4> separators{",", ", ", " ,\t", ",,"};
    Drawn drawn;
    drawn.field = "bytes=";
    for (std::uint64_t i = 0, count = 1 + below(random, 6); i < count; ++i) {
        if (i > 0) drawn.field += separators[below(random, separators.size())];
        draw_spec(random, drawn, length);
    }
    return drawn;
}

/// What a plan sends: the positions, and the number of bytes in all, part heads included.
struct Sent {
    Wanted positions;
    std::uint64_t bytes_of_file = 0;
    std::uint64_t bytes = 0;
    std::size_t first = longest;  ///< where its first range begins
};

Sent render(const Response& response) {
    Sent sent;
    for (const Piece& piece : response.pieces) {
        if (const auto* text = std::get_if<std::string>(&piece)) {
            sent.bytes += text->size();
            continue;
        }
        const ByteRange range = std::get<ByteRange>(piece);
        if (sent.first == longest) sent.first = range.first_pos;
        for (std::uint64_t i = range.first_pos; i <= range.last_pos; ++i) sent.positions.set(i);
        sent.bytes_of_file += range.length();
        sent.bytes += range.length();
    }
    return sent;
}

/// Empty when the plan is right, else what is wrong with it.
std::string judge(const Drawn& drawn, std::uint64_t length, const Response& response) {
    const Sent sent = render(response);
    if (response.status == 416) return drawn.wanted.any() ? "416 for what can be satisfied" : "";
    if (std::to_string(sent.bytes) != *find_field(response, "Content-Length")) return "Content-Length is another";
    if (sent.bytes_of_file > length) return "more bytes than the file has";
    if (length == 0) return response.status == 200 ? "" : "not 200 for an empty file";
    if (response.status != 206) return "neither 206 nor 416";
    if (sent.positions != drawn.wanted) return "other bytes than a slice of the file";
    if (sent.bytes_of_file != drawn.wanted.count()) return "a byte twice";
    // The first part holds what was asked for first, perhaps grown to the left by another that it met.
    if (sent.first > drawn.first_wanted) return "another part first";
    return "";
}

Representation representation_of(std::uint64_t length) {
    return {length, default_entity_tag(Time{}, length), Time{}, "video/mp4", "x.mp4"};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(properties)

BOOST_AUTO_TEST_CASE(planned_bytes_are_a_naive_slice_of_the_file) {
    Random random{2026};
    for (int i = 0; i < draws; ++i) {
        const std::uint64_t length = below(random, longest + 1);
        const Drawn drawn = draw(random, length);
        Request request;
        request.method = "GET";
        request.range = drawn.field;
        const Policy policy{.cache_control = "private", .max_ranges = 100};
        const Surroundings surroundings{now, [] { return std::string{"B"}; }};
        const Response response = plan_response(request, representation_of(length), policy, surroundings);
        const std::string wrong = judge(drawn, length, response);
        if (!wrong.empty()) BOOST_FAIL("draw " << i << ": " << drawn.field << " of " << length << ": " << wrong);
    }
}

BOOST_AUTO_TEST_CASE(a_formatted_date_parses_to_itself) {
    Random random{2026};
    constexpr std::uint64_t year_9999 = 253'402'300'799;
    for (int i = 0; i < draws; ++i) {
        const Time time{std::chrono::seconds{static_cast<std::int64_t>(below(random, year_9999))}};
        const auto parsed = parse_date(format_date(time), now);
        if (parsed != time) BOOST_FAIL("draw " << i << ": " << format_date(time));
    }
}

BOOST_AUTO_TEST_CASE(a_formatted_tag_parses_to_itself) {
    Random random{2026};
    for (int i = 0; i < draws; ++i) {
        EntityTag tag{{}, below(random, 2) == 1};
        for (std::uint64_t j = below(random, 20); j > 0; --j) {
            const char c = static_cast<char>(0x21 + below(random, 0x100 - 0x21));
            if (c != '"' && c != 0x7f) tag.opaque.push_back(c);
        }
        if (parse_entity_tag(format_entity_tag(tag)) != tag) BOOST_FAIL("draw " << i << ": " << format_entity_tag(tag));
    }
}

BOOST_AUTO_TEST_CASE(any_bytes_are_a_range_or_none) {
    Random random{2026};
    constexpr std::string_view alphabet = "bytes=0123456789-,  \t\"*x";
    for (int i = 0; i < draws; ++i) {
        std::string field = below(random, 4) > 0 ? "bytes=" : "";
        for (std::uint64_t j = below(random, 24); j > 0; --j) field.push_back(alphabet[below(random, alphabet.size())]);
        const auto set = parse_range(field, 100);
        if (set && set->empty()) BOOST_FAIL("draw " << i << ": " << field << ": a set without members");
    }
}

BOOST_AUTO_TEST_SUITE_END()
