// Owns the two forms of an audit's report: lines for people, JSON for programs.
// Does not write them anywhere.
// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "audit/audit.h"

namespace reelgate::commands {

/// Formats a line for each finding, "severity: what: " and the failure's text, then the counts. Writes control
/// characters, and bytes that are not UTF-8, as \xNN.
std::string text_of(const audit::Report& report);

/// Formats one JSON document (RFC 8259): {"findings": [{"severity", "what", "id", the parts of the failure, "errno"}],
/// "errors", "warnings", "rows", "ready", "files"}. A finding has no member for what is empty. If the text of one is
/// not UTF-8, its bad bytes become U+FFFD, and a member "NAME_hex" has all of its bytes.
std::string json_of(const audit::Report& report);

}  // namespace reelgate::commands
