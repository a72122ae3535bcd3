// Owns the HTTP-date (RFC 9110 §5.6.7).
// SPDX-License-Identifier: MIT
#include "http/date.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "http/ascii.h"

namespace reelgate::http {

namespace {

constexpr std::array<std::string_view, 7> day_names{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> month_names{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

constexpr std::array<std::string_view, 7> long_day_names{"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                         "Thursday", "Friday", "Saturday"};

constexpr Time earliest = std::chrono::sys_days{std::chrono::year{0} / 1 / 1};
constexpr Time latest = std::chrono::sys_days{std::chrono::year{10000} / 1 / 1} - std::chrono::seconds{1};

void append_digits(std::string& out, unsigned value, unsigned digits) {
    const std::size_t begin = out.size();
    out.append(digits, '0');
    for (unsigned i = digits; i-- > 0; value /= 10) out[begin + i] = static_cast<char>('0' + value % 10);
}

/// Reads a date from left to right. After the first mismatch it never fits again.
class Reader {
public:
    explicit Reader(std::string_view text) : text_(text) {}

    void literal(std::string_view expected) {
        if (text_.starts_with(expected))
            text_.remove_prefix(expected.size());
        else
            fits_ = false;
    }

    /// Reads exactly `count` digits.
    int digits(std::size_t count) {
        if (text_.size() < count || !std::all_of(text_.begin(), text_.begin() + static_cast<long>(count), is_digit)) {
            fits_ = false;
            return 0;
        }
        int value = 0;
        for (const char c : text_.substr(0, count)) value = value * 10 + (c - '0');
        text_.remove_prefix(count);
        return value;
    }

    /// Reads one of `names`, and returns its index.
    template <std::size_t n>
    unsigned name(const std::array<std::string_view, n>& names) {
        for (unsigned i = 0; i < n; ++i) {
            if (!text_.starts_with(names[i])) continue;
            text_.remove_prefix(names[i].size());
            return i;
        }
        fits_ = false;
        return 0;
    }

    bool next_is(char c) const { return text_.starts_with(c); }

    /// Returns whether everything fitted, and nothing is left.
    bool is_done() const { return fits_ && text_.empty(); }

private:
    std::string_view text_;
    bool fits_ = true;
};

struct Parts {
    int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
};

/// time-of-day = hour ":" minute ":" second
void read_time_of_day(Reader& reader, Parts& parts) {
    parts.hour = reader.digits(2);
    reader.literal(":");
    parts.minute = reader.digits(2);
    reader.literal(":");
    parts.second = reader.digits(2);
}

/// "Sun, 06 Nov 1994 08:49:37 GMT"
bool read_imf_fixdate(std::string_view text, Parts& parts) {
    Reader reader{text};
    reader.name(day_names);
    reader.literal(", ");
    parts.day = reader.digits(2);
    reader.literal(" ");
    parts.month = static_cast<int>(reader.name(month_names)) + 1;
    reader.literal(" ");
    parts.year = reader.digits(4);
    reader.literal(" ");
    read_time_of_day(reader, parts);
    reader.literal(" GMT");
    return reader.is_done();
}

/// "Sunday, 06-Nov-94 08:49:37 GMT"; leaves a year of two digits.
bool read_rfc850_date(std::string_view text, Parts& parts) {
    Reader reader{text};
    reader.name(long_day_names);
    reader.literal(", ");
    parts.day = reader.digits(2);
    reader.literal("-");
    parts.month = static_cast<int>(reader.name(month_names)) + 1;
    reader.literal("-");
    parts.year = reader.digits(2);
    reader.literal(" ");
    read_time_of_day(reader, parts);
    reader.literal(" GMT");
    return reader.is_done();
}

/// "Sun Nov  6 08:49:37 1994"
bool read_asctime_date(std::string_view text, Parts& parts) {
    Reader reader{text};
    reader.name(day_names);
    reader.literal(" ");
    parts.month = static_cast<int>(reader.name(month_names)) + 1;
    reader.literal(" ");
    const bool is_padded = reader.next_is(' ');
    if (is_padded) reader.literal(" ");
    parts.day = reader.digits(is_padded ? 1 : 2);
    reader.literal(" ");
    read_time_of_day(reader, parts);
    reader.literal(" ");
    parts.year = reader.digits(4);
    return reader.is_done();
}

std::optional<Time> assemble(const Parts& parts) {
    const std::chrono::year_month_day date = std::chrono::year{parts.year} / parts.month / parts.day;
    // Second 60 is a leap second's (§5.6.7); it is counted as the next minute's first.
    if (!date.ok() || parts.hour > 23 || parts.minute > 59 || parts.second > 60) return std::nullopt;
    return std::chrono::sys_days{date} + std::chrono::hours{parts.hour} + std::chrono::minutes{parts.minute} +
           std::chrono::seconds{parts.second};
}

/// "Recipients of a timestamp value in rfc850-date format, which uses a two-digit year, MUST interpret a timestamp
/// that appears to be more than 50 years in the future as representing the most recent year in the past that had the
/// same last two digits" (§5.6.7).
std::optional<Time> assemble_with_century(Parts parts, Time now) {
    const auto day = std::chrono::floor<std::chrono::days>(now);
    const std::chrono::year_month_day today{day};
    // On a 29 February the same day fifty years ahead does not exist: sys_days turns it into 1 March.
    const Time limit = std::chrono::sys_days{today + std::chrono::years{50}} + (now - day);
    // From the next century downwards. A 29 February may exist in one and not in another.
    parts.year += (static_cast<int>(today.year()) / 100 + 1) * 100;
    for (int century = 0; century < 3; ++century, parts.year -= 100)
        if (const auto time = assemble(parts); time && *time <= limit) return time;
    return std::nullopt;
}

}  // namespace

std::string format_date(Time time) {
    time = std::clamp(time, earliest, latest);
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss clock{time - day};

    std::string out;
    out.reserve(sizeof "Sun, 06 Nov 1994 08:49:37 GMT");
    out.append(day_names[std::chrono::weekday{day}.c_encoding()]).append(", ");
    append_digits(out, static_cast<unsigned>(date.day()), 2);
    out.append(" ").append(month_names[static_cast<unsigned>(date.month()) - 1]).append(" ");
    append_digits(out, static_cast<unsigned>(static_cast<int>(date.year())), 4);
    out.append(" ");
    append_digits(out, static_cast<unsigned>(clock.hours().count()), 2);
    out.append(":");
    append_digits(out, static_cast<unsigned>(clock.minutes().count()), 2);
    out.append(":");
    append_digits(out, static_cast<unsigned>(clock.seconds().count()), 2);
    out.append(" GMT");
    return out;
}

std::optional<Time> parse_date(std::string_view text, Time now) {
    Parts parts;
    if (read_imf_fixdate(text, parts) || read_asctime_date(text, parts)) return assemble(parts);
    if (read_rfc850_date(text, parts)) return assemble_with_century(parts, now);
    return std::nullopt;
}

}  // namespace reelgate::http
