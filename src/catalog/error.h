// Owns the ways in which a catalogue does not answer.
// Does not find out why: diagnosis.h does.
// SPDX-License-Identifier: MIT
#pragma once

#include "posix/failure.h"

namespace reelgate::catalog {

/// The catalogue cannot be read or written now.
class CatalogError : public posix::FailureError {
public:
    using FailureError::FailureError;
};

/// The catalogue does not answer without holding the thread, and may be asked again. Says nothing: mostly a lock is gone
/// in a moment.
struct CatalogBusy {};

}  // namespace reelgate::catalog
