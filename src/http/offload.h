// Owns offloading: how to ask the web server to send a video itself, and for which requests.
// Does not know where videos are, nor which web server is in front.
// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "http/request.h"

namespace reelgate::http {

/// A field that makes a web server send a file in place of our content.
struct OffloadField {
    std::string_view name;
    std::string value;
    /// The web server describes the file that it opens: it sends its own Accept-Ranges, ETag and Last-Modified, and
    /// compares If-Range with these. Otherwise ours go out with the content.
    bool describes_itself = false;

    bool operator==(const OffloadField&) const = default;
};

/// Makes X-Sendfile (lighttpd, Apache's mod_xsendfile), which names a file by its absolute path. Returns nothing for a
/// path that either of them would misread: with control characters, with empty, "." or ".." segments, with "%" (only
/// lighttpd decodes percent-encoding), with a blank at its end, or not in UTF-8.
std::optional<OffloadField> x_sendfile(std::string_view path);

/// Makes X-Accel-Redirect (nginx), which names a file by a URI: `prefix` unchanged, then `name` percent-encoded, a path
/// below the folder that nginx has there. Returns nothing for a name with control characters, or with empty, "." or
/// ".." segments.
std::optional<OffloadField> x_accel_redirect(std::string_view prefix, std::string_view name);

/// Returns whether a web server that sends the file itself would answer `request` as we do. Web servers evaluate
/// preconditions, several ranges and invalid ones again, each in its own way. What remains is GET without Range or with
/// a single plain one, as players send it. Only for a request that gets 200 or 206.
bool may_be_offloaded(const Request& request, const OffloadField& field);

/// Returns whether a web server may answer an invalid Range with 416 although we send it the whole. lighttpd does so
/// when it has all of a short film at once, since we cannot tell it which of our 200s it must leave whole.
bool may_be_rejected(std::string_view invalid_range, const OffloadField& field);

}  // namespace reelgate::http
