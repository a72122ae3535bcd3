// Owns the fuzzing of the FastCGI records that come in: however they are cut, they mean the same.
// SPDX-License-Identifier: MIT
#include "gateway/record_reader.h"

#include <cstddef>
#include <cstdlib>
#include <utility>

namespace {

using reelgate::gateway::Incoming;
using reelgate::gateway::RecordReader;

/// What a connection comes to when its bytes arrive `step` at a time: what was returned and answered, in this order.
std::string transcript(std::string_view bytes, std::size_t step, bool answers_at_once) {
    RecordReader reader{100};
    std::string events, out;
    while (!bytes.empty()) {
        std::string_view part = bytes.substr(0, step);
        bytes.remove_prefix(part.size());
        while (true) {
            const Incoming incoming = reader.read(part, out);
            if (incoming == Incoming::wanting) break;
            if (incoming == Incoming::full) {
                events.append(std::exchange(out, {}));
                continue;
            }
            events.push_back(static_cast<char>('0' + static_cast<int>(incoming)));
            if (incoming == Incoming::invalid || incoming == Incoming::refused) return events + out;
            if (incoming == Incoming::request) events.append(reader.params());
            if (incoming != Incoming::request || answers_at_once) reader.next();
        }
        if (!part.empty()) std::abort();
    }
    return events + out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const bool answers_at_once = data[0] & 1;
    const std::size_t step = 1 + (data[0] >> 1);
    const std::string_view bytes{reinterpret_cast<const char*>(data + 1), size - 1};
    if (transcript(bytes, step, answers_at_once) != transcript(bytes, size, answers_at_once)) std::abort();
    return 0;
}
