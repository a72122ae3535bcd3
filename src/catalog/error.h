// Owns the exceptions of the catalogue.
// Does not explain them: diagnosis.h does.
// SPDX-License-Identifier: MIT
#pragma once

#include "posix/failure.h"

namespace reelgate::catalog {

/// The catalogue cannot be read or written now.
class CatalogError : public posix::FailureError {
public:
    using FailureError::FailureError;
};

/// The catalogue is locked, and may be asked again. Has no text: a lock is usually gone in a moment.
struct CatalogBusy {};

}  // namespace reelgate::catalog
