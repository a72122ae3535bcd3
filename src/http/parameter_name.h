// Owns the likeness of names: a parameter of SQL stands for a cookie or an argument whose name it cannot spell.
// Does not know which parameters there are.
// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace reelgate::http {

/// Returns whether two names are the same where "_" stands for each character that is no letter, digit or "_".
bool is_same_parameter(std::string_view a, std::string_view b);

}  // namespace reelgate::http
