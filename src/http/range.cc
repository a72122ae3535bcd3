// Owns range requests: the Range field's grammar and what it means for a representation (RFC 9110 §14).
// SPDX-License-Identifier: MIT
#include "http/range.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "http/ascii.h"

namespace reelgate::http {

namespace {

/// Takes 1*DIGIT off the front of `text`; returns nothing if there is no digit. Saturates instead of wrapping: the
/// grammar sets no limit on digits (RFC 9110 §14.1.1, §17.5).
std::optional<std::uint64_t> take_number(std::string_view& text) {
    constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
    if (text.empty() || !is_digit(text.front())) return std::nullopt;
    std::uint64_t value = 0;
    while (!text.empty() && is_digit(text.front())) {
        const auto digit = static_cast<std::uint64_t>(text.front() - '0');
        value = value > (most - digit) / 10 ? most : value * 10 + digit;
        text.remove_prefix(1);
    }
    return value;
}

void append_number(std::string& out, std::uint64_t value) {
    std::array<char, std::numeric_limits<std::uint64_t>::digits10 + 1> digits;
    out.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr);
}

bool take_hyphen(std::string_view& text) {
    if (!text.starts_with('-')) return false;
    text.remove_prefix(1);
    return true;
}

/// range-spec = int-range / suffix-range; other-range is not defined for bytes (RFC 9110 §14.1.2).
std::optional<RangeSpec> parse_range_spec(std::string_view text) {
    if (take_hyphen(text)) {
        const auto suffix_length = take_number(text);
        if (!suffix_length || !text.empty()) return std::nullopt;
        return SuffixRange{*suffix_length};
    }
    const auto first_pos = take_number(text);
    if (!first_pos || !take_hyphen(text)) return std::nullopt;
    if (text.empty()) return IntRange{*first_pos, std::nullopt};
    const auto last_pos = take_number(text);
    if (!last_pos || !text.empty()) return std::nullopt;
    // "An int-range is invalid if the last-pos value is present and less than first-pos" (§14.1.1).
    if (*last_pos < *first_pos) return std::nullopt;
    return IntRange{*first_pos, last_pos};
}

}  // namespace

std::optional<RangeSet> parse_range(std::string_view field_value, std::size_t max_ranges) {
    const auto equals = field_value.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    // A range unit that is not understood MUST be ignored (§14.2); unit names are case-insensitive (§14.1).
    if (!equal_ignoring_case(field_value.substr(0, equals), "bytes")) return std::nullopt;

    std::string_view list = field_value.substr(equals + 1);
    // White space is permitted only next to a comma (§5.6.1): after "=" only before an empty first member.
    const std::string_view trimmed = trim_ows(list);
    if (trimmed.data() != list.data() && !trimmed.starts_with(',')) return std::nullopt;

    RangeSet set;
    const auto commas = static_cast<std::size_t>(std::count(list.begin(), list.end(), ','));
    set.reserve(std::min(max_ranges, commas + 1));
    while (true) {
        const auto comma = list.find(',');
        const std::string_view member = trim_ows(list.substr(0, comma));
        // "A recipient MUST parse and ignore a reasonable number of empty list elements" (§5.6.1.2).
        if (!member.empty()) {
            const auto spec = parse_range_spec(member);
            if (!spec || set.size() == max_ranges) return std::nullopt;
            set.push_back(*spec);
        }
        if (comma == std::string_view::npos) break;
        list.remove_prefix(comma + 1);
    }
    if (set.empty()) return std::nullopt;
    return set;
}

std::optional<ByteRange> resolve(const RangeSpec& spec, std::uint64_t complete_length) {
    if (complete_length == 0) return std::nullopt;
    const std::uint64_t end_pos = complete_length - 1;
    if (const auto* suffix = std::get_if<SuffixRange>(&spec)) {
        if (suffix->suffix_length == 0) return std::nullopt;
        return ByteRange{complete_length - std::min(suffix->suffix_length, complete_length), end_pos};
    }
    const auto& range = std::get<IntRange>(spec);
    if (range.first_pos > end_pos) return std::nullopt;
    // A last-pos past the end means the end (§14.1.2).
    return ByteRange{range.first_pos, std::min(range.last_pos.value_or(end_pos), end_pos)};
}

std::vector<ByteRange> resolve(const RangeSet& set, std::uint64_t complete_length) {
    if (set.size() == 1) {  // nearly always; saves the memory for sorting
        const auto range = resolve(set.front(), complete_length);
        return range ? std::vector{*range} : std::vector<ByteRange>{};
    }
    struct Placed {
        ByteRange range;
        std::size_t place;
    };
    std::vector<Placed> placed;
    placed.reserve(set.size());
    for (const RangeSpec& spec : set)
        if (const auto range = resolve(spec, complete_length)) placed.push_back({*range, placed.size()});

    // "A server MAY coalesce any of the ranges that overlap, or that are separated by a gap that is smaller than the
    // overhead of sending multiple parts" (§15.3.7.2). We do so without sending bytes that were not requested, and over
    // the whole list, since neighbours in the file need not be neighbours in the list.
    std::sort(placed.begin(), placed.end(),
              [](const Placed& a, const Placed& b) { return a.range.first_pos < b.range.first_pos; });
    std::size_t kept = 0;
    for (std::size_t i = 1; i < placed.size(); ++i) {
        if (placed[i].range.first_pos <= placed[kept].range.last_pos + 1) {
            placed[kept].range.last_pos = std::max(placed[kept].range.last_pos, placed[i].range.last_pos);
            placed[kept].place = std::min(placed[kept].place, placed[i].place);
        } else {
            placed[++kept] = placed[i];
        }
    }
    if (!placed.empty()) placed.resize(kept + 1);
    std::sort(placed.begin(), placed.end(), [](const Placed& a, const Placed& b) { return a.place < b.place; });

    std::vector<ByteRange> ranges;
    ranges.reserve(placed.size());
    for (const Placed& each : placed) ranges.push_back(each.range);
    return ranges;
}

void append_content_range(std::string& out, ByteRange range, std::uint64_t complete_length) {
    out.append("bytes ");
    append_number(out, range.first_pos);
    out.push_back('-');
    append_number(out, range.last_pos);
    out.push_back('/');
    append_number(out, complete_length);
}

std::string format_content_range(ByteRange range, std::uint64_t complete_length) {
    std::string out;
    append_content_range(out, range, complete_length);
    return out;
}

std::string format_unsatisfied_range(std::uint64_t complete_length) {
    return "bytes */" + std::to_string(complete_length);
}

}  // namespace reelgate::http
