// Decides whether a thread may touch storage that might not answer.
// Does not know threads, or which storage hangs: the one who answers requests does.
// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

namespace reelgate::media {

/// Decides, for one thread, whether it may touch storage that might not answer.
class StorageGate {
public:
    /// Asks before anything that might block on `device`. True is followed by leave(), before the next enter(). False:
    /// the thread must not touch the device now.
    virtual bool enter(dev_t device) = 0;
    virtual void leave() noexcept = 0;

protected:
    ~StorageGate() = default;
};

/// The storage must not be touched by this thread now; the request may be asked again. Says nothing, as CatalogBusy
/// does not.
struct StorageBusy {
    dev_t device = 0;
};

}  // namespace reelgate::media
