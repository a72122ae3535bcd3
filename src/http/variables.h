// Owns the meta-variables of a request, for what asks them by name (RFC 3875 §4.1).
// Does not know what they mean.
// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace reelgate::http {

/// Meta-variables by name, in one block of memory.
class Variables {
public:
    void add(std::string_view name, std::string_view value);

    /// Returns the value of a variable; nothing for one that is absent or empty. A field that came in several lines has
    /// them joined, with ", " (RFC 9110 §5.3), and cookies with "; " (RFC 9113 §8.2.3). Any other variable that is
    /// there twice has none: which of the two the web server meant cannot be known.
    std::optional<std::string> find(std::string_view name) const;

private:
    std::string text_;  ///< "NAME=value" and a zero byte, for each of them
};

}  // namespace reelgate::http
