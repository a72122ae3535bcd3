// Owns the fuzzing of what a file is: any bytes as its beginning.
// SPDX-License-Identifier: MIT
#include "media/content_kind.h"

#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace reelgate::media;
    const auto kind = kind_of({reinterpret_cast<const char*>(data), size});
    if (kind && (name_of(*kind).empty() || extension_for(*kind, "").size() < 3)) std::abort();
    return 0;
}
