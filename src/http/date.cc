// Owns the HTTP-date (RFC 9110 §5.6.7).
// SPDX-License-Identifier: MIT
#include "http/date.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace reelgate::http {

namespace {

constexpr std::array<std::string_view, 7> day_names{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> month_names{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

constexpr Time earliest = std::chrono::sys_days{std::chrono::year{0} / 1 / 1};
constexpr Time latest = std::chrono::sys_days{std::chrono::year{10000} / 1 / 1} - std::chrono::seconds{1};

void append_digits(std::string& out, unsigned value, unsigned digits) {
    const std::size_t begin = out.size();
    out.append(digits, '0');
    for (unsigned i = digits; i-- > 0; value /= 10) out[begin + i] = static_cast<char>('0' + value % 10);
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

}  // namespace reelgate::http
