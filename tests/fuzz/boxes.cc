// Owns the fuzzing of the survey of MP4 boxes: any bytes as a file.
// SPDX-License-Identifier: MIT
#include "media/boxes.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace reelgate::media;
    static const int fd = memfd_create("boxes", MFD_CLOEXEC);
    if (ftruncate(fd, 0) != 0 || pwrite(fd, data, size, 0) != static_cast<ssize_t>(size)) std::abort();
    const BoxSurvey survey = survey_boxes(fd, size);
    const bool is_cut = survey.order == BoxOrder::cut_off;
    if (survey.position > size || survey.beginning.size() != std::min<std::size_t>(size, 8)) std::abort();
    if (is_cut && (survey.type.size() != 4 || survey.lacking == 0 || survey.position == size)) std::abort();
    return 0;
}
