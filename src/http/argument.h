// Owns the arguments in the query of a target, as a form writes them (URL standard, section 5.1).
// Does not know what they mean.
// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace reelgate::http {

/// Returns the value of the only argument of `target` whose name is_same_parameter() as `name`, decoded once: "+" is a
/// blank. Returns nothing if there is none, if it is empty, badly encoded or has a zero byte, or if there are several:
/// which of them is meant cannot be known.
std::optional<std::string> argument_named(std::string_view target, std::string_view name);

}  // namespace reelgate::http
