// Owns the fuzzing of the length in time: any bytes as a file of each kind that tells it.
// SPDX-License-Identifier: MIT
#include "media/duration.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace reelgate::media;
    static const int fd = memfd_create("duration", MFD_CLOEXEC);
    if (ftruncate(fd, 0) != 0 || pwrite(fd, data, size, 0) != static_cast<ssize_t>(size)) std::abort();
    for (const auto kind : {ContentKind::mp4, ContentKind::webm, ContentKind::wav, ContentKind::flac}) {
        const auto seconds = duration_of(fd, size, kind);
        if (seconds && !(std::isfinite(*seconds) && *seconds > 0)) std::abort();
    }
    return 0;
}
