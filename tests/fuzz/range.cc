// Owns the fuzzing of the Range field: any bytes as its value, for files of any length.
// SPDX-License-Identifier: MIT
#include "http/range.h"

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace reelgate::http;
    std::uint64_t length = 0;
    const std::size_t taken = std::min(size, sizeof length);
    std::memcpy(&length, data, taken);
    const std::string_view field{reinterpret_cast<const char*>(data + taken), size - taken};
    const auto set = parse_range(field, 100);
    if (!set) return 0;
    if (set->empty() || set->size() > 100) std::abort();
    auto ranges = resolve(*set, length);
    for (const ByteRange& range : ranges)
        if (range.first_pos > range.last_pos || range.last_pos >= length) std::abort();
    // No byte twice, and nothing that touches: those are one.
    std::sort(ranges.begin(), ranges.end(), [](const auto& a, const auto& b) { return a.first_pos < b.first_pos; });
    for (std::size_t i = 1; i < ranges.size(); ++i)
        if (ranges[i].first_pos <= ranges[i - 1].last_pos + 1) std::abort();
    return 0;
}
