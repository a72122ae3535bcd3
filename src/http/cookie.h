// Owns cookies as a server reads them (RFC 6265 §4.2): one value of the field Cookie, by its name.
// Sets none.
// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace reelgate::http {

/// Returns the value of the only cookie whose name is_same_parameter() as `name`, without the quotes around it. Returns
/// nothing if there is none, if it is empty, or if there are several: which of them is meant cannot be known.
std::optional<std::string> cookie_named(std::string_view cookies, std::string_view name);

}  // namespace reelgate::http
