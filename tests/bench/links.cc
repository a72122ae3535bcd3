// Owns measuring the verification of a link: what it costs a request.
// Does not judge: scripts/bench prints the goals beside the figures.
//
// Prints a line a row: name, nanoseconds, allocations by operator new; the time is the median of several rounds. The
// last lines are ratios of times: a comparison that took its leave at the first difference would show there.
// SPDX-License-Identifier: MIT
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "link/sign.h"
#include "link/verify.h"
#include "measure.h"

namespace {

using namespace reelgate;

constexpr std::chrono::milliseconds round_time{50};
constexpr std::int64_t now = 1'800'000'000, end = now + 86'400;
constexpr std::size_t signature_begin = std::string_view{"token=HS256-"}.size();

const std::string path = "/api/stream/2026/holiday-in-the-mountains.mp4", folder = "/api/stream/2026/";

link::Keys keys_of(std::size_t count) {
    link::Keys keys;
    for (std::size_t i = 0; i < count; ++i)
        keys.push_back({"key", crypto::HmacKey{std::string(32, static_cast<char>('a' + i))}});
    return keys;
}

std::string query_of(const std::string& target) { return target.substr(target.find('?') + 1); }

/// Returns what stands between the first slash and the path.
std::string front_of(const std::string& target) { return target.substr(1, target.size() - path.size() - 1); }

double measure(const link::Keys& keys, const link::Shown& shown, link::Verdict expected, std::size_t& allocations) {
    bool is_wrong = false;
    const auto once = [&] { is_wrong |= link::verify(keys, shown, now).verdict != expected; };
    const bench::Measured measured = bench::measure(round_time, 64, once);
    if (is_wrong) {
        std::fprintf(stderr, "links: another verdict\n");
        std::exit(EXIT_FAILURE);
    }
    allocations = measured.allocations;
    return measured.nanoseconds;
}

void print(const char* name, const link::Keys& keys, const link::Shown& shown, link::Verdict expected) {
    std::size_t allocations = 0;
    const double nanoseconds = measure(keys, shown, expected, allocations);
    std::printf("%s\t%.0f\t%zu\n", name, nanoseconds, allocations);
}

double changed_at(const link::Keys& keys, std::string query, std::size_t place) {
    char& c = query[place];
    c = c == 'A' ? 'B' : 'A';
    std::size_t allocations = 0;
    return measure(keys, {.path = path, .front = {}, .query = query, .cookie = {}, .remote_addr = {}},
                   link::Verdict::not_valid, allocations);
}

}  // namespace

int main() {
    const link::Keys keys = keys_of(1), two = keys_of(2);
    const std::string query = query_of(link::sign(keys.front(), {path, end}));
    const std::string front = front_of(link::sign(keys.front(), {path, end, {}, folder}));
    const std::string last = query_of(link::sign(two.back(), {path, end}));
    const auto in_query = [](const std::string& text) {
        return link::Shown{.path = path, .front = {}, .query = text, .cookie = {}, .remote_addr = {}};
    };
    print("a good link", keys, in_query(query), link::Verdict::good);
    print("a good link in front of the path", keys,
          {.path = path, .front = front, .query = {}, .cookie = {}, .remote_addr = {}}, link::Verdict::good);
    print("a good link of the older of two keys", two, in_query(last), link::Verdict::good);
    print("no link", keys, in_query(""), link::Verdict::missing);
    const double at_first = changed_at(keys, query, signature_begin);
    const double at_last = changed_at(keys, query, query.find('&') - 1);
    std::printf("ratio\t%.3f\n", at_last / at_first);
}
