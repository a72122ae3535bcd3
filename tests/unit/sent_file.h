// Owns how tests name an open file that is to be sent: in the version that it has now.
// SPDX-License-Identifier: MIT
#pragma once

#include "fail_test.h"
#include "gateway/content.h"

namespace reelgate {

inline gateway::Content sent_file(int fd, bool may_grow = false) {
    struct stat status;
    if (fstat(fd, &status) != 0) fail_test("stat", "file to send");
    return {fd, posix::version_of(status), may_grow};
}

}  // namespace reelgate
