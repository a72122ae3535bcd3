// Owns how a person writes a length of time, and a moment.
// SPDX-License-Identifier: MIT
#include "commands/times.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "http/ascii.h"

namespace reelgate::commands {

namespace {

using std::chrono::seconds;

constexpr std::int64_t max_length = 1000LL * 366 * 86'400;

/// Returns the number that a text of digits is; nothing for any other text, and for one too large.
std::optional<std::int64_t> number_from(std::string_view digits) {
    std::int64_t number = 0;
    const char* const end = digits.data() + digits.size();
    if (digits.empty() || !std::all_of(digits.begin(), digits.end(), http::is_digit)) return std::nullopt;
    return std::from_chars(digits.data(), end, number).ec == std::errc{} ? std::optional{number} : std::nullopt;
}

std::optional<std::int64_t> seconds_of(char unit) {
    switch (unit) {
        case 's': return 1;
        case 'm': return 60;
        case 'h': return 3600;
        case 'd': return 86'400;
        default: return std::nullopt;
    }
}

/// Takes texts of a fixed form apart, from the front. Once something is missing, all is.
class Form {
public:
    explicit Form(std::string_view text) : rest_(text) {}

    /// Takes a number of exactly so many digits.
    unsigned number(std::size_t digits, unsigned least, unsigned greatest) {
        const auto found = number_from(rest_.substr(0, digits));
        good_ = good_ && rest_.size() >= digits && found && *found >= least && *found <= greatest;
        rest_.remove_prefix(std::min(digits, rest_.size()));
        return good_ ? static_cast<unsigned>(*found) : least;
    }

    /// Takes one of these characters. Returns which.
    char one_of(std::string_view characters) {
        good_ = good_ && !rest_.empty() && characters.find(rest_.front()) != std::string_view::npos;
        if (!good_) return '\0';
        const char c = rest_.front();
        rest_.remove_prefix(1);
        return c;
    }

    /// Takes "." and digits, if they are there.
    void fraction() {
        if (!rest_.starts_with('.')) return;
        rest_.remove_prefix(1);
        const auto end = std::find_if_not(rest_.begin(), rest_.end(), http::is_digit);
        good_ = good_ && end != rest_.begin();
        rest_.remove_prefix(static_cast<std::size_t>(end - rest_.begin()));
    }

    bool is_whole() const { return good_ && rest_.empty(); }

private:
    std::string_view rest_;
    bool good_ = true;
};

/// Reads date-time of RFC 3339 §5.6. A leap second is the one after it.
std::optional<std::chrono::sys_seconds> date_time_from(std::string_view text) {
    namespace chrono = std::chrono;
    Form form{text};
    const chrono::year year{static_cast<int>(form.number(4, 0, 9999))};
    form.one_of("-");
    const chrono::month month{form.number(2, 1, 12)};
    form.one_of("-");
    const chrono::year_month_day date{year, month, chrono::day{form.number(2, 1, 31)}};
    form.one_of("Tt ");
    const chrono::hours hour{form.number(2, 0, 23)};
    form.one_of(":");
    const chrono::minutes minute{form.number(2, 0, 59)};
    form.one_of(":");
    const seconds second{form.number(2, 0, 60)};
    form.fraction();
    seconds offset{0};
    if (const char sign = form.one_of("Zz+-"); sign == '+' || sign == '-') {
        offset = chrono::hours{form.number(2, 0, 23)};
        form.one_of(":");
        offset += chrono::minutes{form.number(2, 0, 59)};
        if (sign == '-') offset = -offset;
    }
    if (!form.is_whole() || !date.ok()) return std::nullopt;
    return chrono::sys_seconds{chrono::sys_days{date}} + hour + minute + second - offset;
}

}  // namespace

std::optional<seconds> length_from(std::string_view text) {
    if (text.empty()) return std::nullopt;
    const auto unit = seconds_of(text.back());
    text.remove_suffix(1);
    const auto number = number_from(text);
    if (!unit || !number || *number == 0 || *number > max_length / *unit) return std::nullopt;
    return seconds{*number * *unit};
}

std::optional<std::chrono::sys_seconds> moment_from(std::string_view text) {
    if (const auto number = number_from(text)) return std::chrono::sys_seconds{seconds{*number}};
    return date_time_from(text);
}

}  // namespace reelgate::commands
