// Decides whether a thread may touch storage that might not answer.
// Does not know threads, or which storage hangs: the engine does.
// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

namespace reelgate::media {

/// Decides, for one thread, whether it may touch storage that might not answer.
class StorageGate {
public:
    /// Asks before anything that might block on `device`. After true, call leave() before the next enter(). After
    /// false, the thread must not touch the device now.
    virtual bool enter(dev_t device) = 0;
    virtual void leave() noexcept = 0;

protected:
    ~StorageGate() = default;
};

/// This thread must not touch the storage now; the request may be asked again. Has no text, like CatalogBusy.
struct StorageBusy {
    dev_t device = 0;
};

}  // namespace reelgate::media
