// Owns entering a device through the gate of a thread, for as long as that touches it.
// Does not decide whether it may: the gate does.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>

#include "media/storage_gate.h"
#include "posix/device.h"

namespace reelgate::media {

/// Lets this thread touch a device while it lives. The constructor throws StorageBusy if the gate refuses.
class Entered {
public:
    Entered(StorageGate* gate, dev_t device) : gate_(gate) {
        if (gate_ && !gate_->enter(device)) throw StorageBusy{device};
    }
    Entered(const Entered&) = delete;
    Entered& operator=(const Entered&) = delete;
    ~Entered() {
        if (gate_) gate_->leave();
    }

private:
    StorageGate* gate_;
};

/// Calls `function` once the device that a path leads to may be touched. Each symbolic link on the way must be read
/// first, and may be on a device of its own.
template <typename Function>
auto on_device_of(int folder, const std::filesystem::path& path, std::uint64_t resolve, StorageGate* gate,
                  Function&& function) {
    if (!gate) return function();
    for (posix::DeviceSearch search{folder, path, resolve};;) {
        const Entered entered{gate, search.device()};
        if (!search.follow_link()) return function();
    }
}

}  // namespace reelgate::media
