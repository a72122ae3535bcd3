// Owns what the values of the column `allow` mean.
// SPDX-License-Identifier: MIT
#pragma once

#include "catalog/row.h"
#include "catalog/sqlite.h"

namespace reelgate::catalog {

/// Reads the permission of a column of the present row. Anything but its integers is invalid: a text that looks like
/// one, too.
void read_allow(const sqlite::Statement& statement, int column, Row& row);

}  // namespace reelgate::catalog
