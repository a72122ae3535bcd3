// Owns range requests: the Range field's grammar and what it means for a representation (RFC 9110 §14).
// Does not decide on a status: plan does.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace reelgate::http {

/// first-pos "-" [ last-pos ]: bytes counted from the beginning, both ends inclusive (RFC 9110 §14.1.1).
struct IntRange {
    std::uint64_t first_pos = 0;
    std::optional<std::uint64_t> last_pos;  ///< absent: to the end

    bool operator==(const IntRange&) const = default;
};

/// "-" suffix-length: this many bytes at the end (RFC 9110 §14.1.1).
struct SuffixRange {
    std::uint64_t suffix_length = 0;

    bool operator==(const SuffixRange&) const = default;
};

/// A requested range, not yet applied to a representation.
using RangeSpec = std::variant<IntRange, SuffixRange>;
using RangeSet = std::vector<RangeSpec>;

/// A resolved range of bytes: both positions inclusive, both inside the representation (RFC 9110 §14.4).
struct ByteRange {
    std::uint64_t first_pos = 0;
    std::uint64_t last_pos = 0;

    /// Returns the number of its bytes; a ByteRange is never empty.
    constexpr std::uint64_t length() const { return last_pos - first_pos + 1; }

    bool operator==(const ByteRange&) const = default;
};

/// Parses a Range field value. Returns nothing if it is to be ignored: the unit is not bytes, the value is invalid, or
/// it has more than `max_ranges` range-specs (RFC 9110 §14.2 permits that). Takes numbers of any length; one above
/// 2^64-1 counts as 2^64-1, which is behind the end of every file.
std::optional<RangeSet> parse_range(std::string_view field_value, std::size_t max_ranges);

/// Applies one range-spec. Returns nothing if it is unsatisfiable (RFC 9110 §14.1.1).
std::optional<ByteRange> resolve(const RangeSpec& spec, std::uint64_t complete_length);

/// Applies a whole set: drops unsatisfiable ranges, and merges those that overlap or touch, at the place of the first.
/// The others keep the requested order. The result is empty if nothing is satisfiable, and has no byte twice.
std::vector<ByteRange> resolve(const RangeSet& set, std::uint64_t complete_length);

/// Appends "bytes a-b/N" (RFC 9110 §14.4) to `out`.
void append_content_range(std::string& out, ByteRange range, std::uint64_t complete_length);

/// Formats "bytes a-b/N" (RFC 9110 §14.4).
std::string format_content_range(ByteRange range, std::uint64_t complete_length);

/// Formats "bytes */N", for an unsatisfiable range (RFC 9110 §14.4).
std::string format_unsatisfied_range(std::uint64_t complete_length);

}  // namespace reelgate::http
