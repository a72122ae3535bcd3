// Owns measuring the rules: what it takes to read a request out of meta-variables and to plan its answer.
// Does not judge: scripts/bench prints the goals beside the figures.
//
// Prints a line a row: name, bytes of the field, nanoseconds, allocations; the time is the median of several rounds.
// SPDX-License-Identifier: MIT
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "gateway/meta_variables.h"
#include "http/plan.h"
#include "measure.h"

namespace {

using namespace reelgate;

constexpr std::chrono::milliseconds round_time{20};
constexpr http::Time mtime{std::chrono::seconds{1714564800}};
constexpr http::Time now{std::chrono::seconds{1767225600}};

std::string repeated(const std::string& text, std::size_t length) {
    std::string out;
    while (out.size() < length) out += text;
    out.resize(length);
    return out;
}

std::string many_ranges(int count) {
    std::string out = "bytes=";
    for (int i = 0; i < count; ++i) out += std::to_string(100 * i) + "-" + std::to_string(100 * i + 9) + ",";
    return out;
}

/// Ranges that nest, the widest last: nothing can be dropped before all have been seen.
std::string nested_ranges(std::size_t length) {
    std::string out = "bytes=";
    for (int i = 5000; out.size() < length; --i) out += std::to_string(i) + "-" + std::to_string(10000 - i) + ",";
    return out;
}

void measure(const char* name, const std::vector<std::string>& variables, std::size_t max_ranges = 100) {
    std::vector<const char*> environment{"REQUEST_METHOD=GET", "REQUEST_URI=/api/stream/holiday-2024"};
    std::size_t length = 0;
    for (const std::string& variable : variables) {
        environment.push_back(variable.c_str());
        length += variable.size();
    }
    environment.push_back(nullptr);
    const http::Selection selection = http::Representation{
        1'000'000, http::default_entity_tag(mtime, 1'000'000), mtime, "video/mp4", "holiday-2024.mp4"};
    const http::Policy policy{.cache_control = "private", .max_ranges = max_ranges, .cors_origins = {}};
    const http::Surroundings surroundings{now, [] { return std::string{"0123456789abcdef0123456789abcdef"}; }};
    std::size_t sink = 0;
    const auto once = [&] {
        const http::Request request = gateway::request_from(environment.data());
        sink += http::plan_response(request, selection, policy, surroundings).fields.size();
    };
    const bench::Measured measured = bench::measure(round_time, 16, once);
    std::printf("%s\t%zu\t%.0f\t%zu\n", name, length, measured.nanoseconds, sink > 0 ? measured.allocations : 0);
}

}  // namespace

int main() {
    measure("no Range", {});
    measure("one range", {"HTTP_RANGE=bytes=500-999"});
    measure("one range, If-Range by tag", {"HTTP_RANGE=bytes=500-999", "HTTP_IF_RANGE=\"66322ec0-f4240\""});
    measure("one range, If-Range by date",
            {"HTTP_RANGE=bytes=500-999", "HTTP_IF_RANGE=Wed, 01 May 2024 12:00:00 GMT"});
    measure("If-None-Match of three tags", {"HTTP_IF_NONE_MATCH=\"foo\", \"bar\", \"66322ec0-f4240\""});
    measure("two ranges", {"HTTP_RANGE=bytes=0-9,500-509"});
    measure("100 ranges", {"HTTP_RANGE=" + many_ranges(100)});
    for (const std::size_t length : {1024, 2048, 4096, 8192}) {
        measure("hostile: commas", {"HTTP_RANGE=bytes=" + repeated(",", length)});
        measure("hostile: white space", {"HTTP_RANGE=bytes=0-0" + repeated(" ", length)});
        measure("hostile: digits", {"HTTP_RANGE=bytes=" + repeated("9", length)});
        measure("hostile: tiny ranges", {"HTTP_RANGE=bytes=" + repeated("0-0,", length)});
        measure("hostile: nested, no limit", {"HTTP_RANGE=" + nested_ranges(length)}, 10'000);
        measure("hostile: tags", {"HTTP_IF_NONE_MATCH=" + repeated("\"a\",", length)});
    }
}
