// Owns who may watch: first a link, then the column `allow` of the catalogue; and what is told to those who may not.
// Does not look anything up, and logs nothing.
// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string_view>

#include "catalog/row.h"
#include "handler_settings.h"
#include "http/dependence.h"
#include "http/plan.h"
#include "http/request.h"
#include "link/verify.h"

namespace reelgate {

/// Why a client may not watch.
enum class Refused {
    link_missing,
    link_not_valid,
    link_expired,
    login,      ///< the catalogue says 401
    forbidden,  ///< 403
    hidden,     ///< 404
    disputed,   ///< a server that asks first names several addresses
    end,        ///< none of them: how many there are
};

/// What a Refused comes to.
struct RefusedRow {
    Refused refused;
    int status;
    std::string_view detail;  ///< for the client
    std::string_view why;     ///< for the log
};

/// Returns the row of a Refused, other than `end`.
const RefusedRow& row_of(Refused refused);

/// Returns the answer to a refused client. Without --www-authenticate a 401 is a 403: it "MUST send a
/// WWW-Authenticate header field" (RFC 9110 §15.5.2).
http::Refusal refusal_of(Refused refused, const http::Policy& policy);

/// Verifies the link that a request for `path` shows, if any. There must be keys.
link::Verification verify_link(const LinkSettings& settings, const http::Request& request, std::string_view path,
                               std::int64_t now);

/// Returns why a link does not let in; nothing if it does, or is not needed.
std::optional<Refused> refused_by(link::Verdict verdict, LinkUse use);

/// Returns why the catalogue does not let in; nothing if it does. An invalid permission admits no client, and is no
/// Refused: it is a failure.
std::optional<Refused> refused_by(catalog::Permission permission);

/// Returns what an answer depends on because of links.
http::Dependence dependence_of(const LinkSettings& settings);

}  // namespace reelgate
