// Owns the request as the rules see it: method, target and the fields that change an answer.
// Does not know how it arrived.
// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "http/variables.h"

namespace reelgate::http {

/// A request. A field that was not sent is absent; one that was sent empty is present and empty.
struct Request {
    std::string method;  ///< case-sensitive (RFC 9110 §9.1)
    std::string target;  ///< as in the request line: origin-form or absolute-form, not decoded (RFC 9112 §3.2)
    /// The link that stood in front of the path, without slashes; empty: there was none. No target has it.
    std::string link_front;
    /// Targets that the web server may have made of it, by a rewrite or an internal redirect; what it says more surely
    /// comes first. One with the path of `target` is left out, so that usually there is none.
    std::vector<std::string> rewritten;
    // Field values, without white space around them (RFC 9110 §5.5); several lines are joined by ", " (§5.3).
    std::optional<std::string> range;                ///< §14.2
    std::optional<std::string> if_range;             ///< §13.1.5
    std::optional<std::string> if_match;             ///< §13.1.1
    std::optional<std::string> if_none_match;        ///< §13.1.2
    std::optional<std::string> if_modified_since;    ///< §13.1.3
    std::optional<std::string> if_unmodified_since;  ///< §13.1.4
    std::optional<std::string> origin;               ///< Fetch standard, section 3.2
    std::string remote_addr;             ///< REMOTE_ADDR (RFC 3875 §4.1.8); the web server's word, and not checked
    std::optional<Variables> variables;  ///< all meta-variables; absent: they were not kept
};

}  // namespace reelgate::http
