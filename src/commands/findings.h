// Owns the two forms of an audit's report: lines for people, JSON for programs.
// Does not write them anywhere.
// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "audit.h"

namespace reelgate::commands {

/// Formats a line for each finding, "severity: what: object: why; remedy", then the counts. Control characters, and
/// what is no UTF-8, are written as \xNN.
std::string text_of(const AuditReport& report);

/// Formats one JSON document (RFC 8259): {"findings": [{"severity", "what", "id", "object", "why", "remedy"}],
/// "errors", "warnings", "rows", "ready", "files"}. Where an id or an object is no UTF-8, its bad bytes are U+FFFD, and
/// a member "id_hex" or "object_hex" has all of its bytes.
std::string json_of(const AuditReport& report);

/// Gives the number of bytes, 1 to 4, of the character that `text` begins with; 0 when that is no UTF-8 (RFC 3629 §4).
std::size_t utf8_length(std::string_view text);

}  // namespace reelgate::commands
